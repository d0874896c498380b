// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// As live.c, but in a callee that flush-in does not name.
#include "wrong.h"

void program(int yes) {
  if (yes)
    work();
  unnamed();
  if (yes)
    work();
  else
    end();
}
