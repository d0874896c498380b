// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plain access faults, and the handler leaves by longjmp().
#include "wrong.h"

void program(int yes) {
  int *p = nowhere;
  if (yes)
    *p = 1;
  if (yes)
    p[1] += 2;
  else
    p[2] += 3;
}
