/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * null-calls [N]: N times the cheapest system call, by number so that libc
 * cannot cache it. For measurements per call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const long n = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
  long same = 0;
  for (long i = 0; i < n; i++)
    same += syscall(SYS_getppid) >= 0;
  printf("%ld\n", same);
  return 0;
}
