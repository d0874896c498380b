// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loop without an end, which only exit() leaves.
#include "wrong.h"

void program(int yes) {
  int n = 0;
  if (!yes)
    return;
  for (;;) {
    if (n++)
      work();
    if (n == 3)
      end();
  }
}
