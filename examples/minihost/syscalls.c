/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * syscalls.c - the part of the toy kernel that is worth covering
 *
 * Ordinary code: nothing in it knows of kcov8. The pass instruments it, because
 * a filter names it (CMakeLists.txt).
 */
#include "kernel.h"

#include <errno.h>

long sys_parse(const char *text) {
  long number = 0;
  if (!*text)
    return -EINVAL;
  for (; *text; text++) {
    if (*text < '0' || *text > '9')
      return -EINVAL;
    number = number * 10 + (*text - '0');
    if (number > 1000000)
      return -ERANGE;
  }
  return number;
}

long sys_nap(long ticks) {
  if (ticks < 0)
    return -EINVAL;
  while (ticks) {
    kernel_sleep();
    ticks--;
  }
  return ticks;
}
