// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A window ends in each turn of a loop.
#include "wrong.h"

void program(int yes) {
  if (yes)
    work();
  while (again()) {
    if (yes)
      work();
    work();
  }
  work();
}
