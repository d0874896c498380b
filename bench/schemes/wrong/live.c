// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A window ends in a callee; the function goes on in the next.
#include "wrong.h"

void program(int yes) {
  if (yes)
    work();
  cut();
  if (yes)
    work();
  else
    end();
}
