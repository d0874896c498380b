// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plain access faults; the handler ends the window and mends the page.
#include "wrong.h"

void program(int yes) {
  int *p = (int *)page;
  if (yes)
    *p = 1;
  if (yes)
    p[1] += 2;
  else
    p[2] += 3;
}
