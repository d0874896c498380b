// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A callee leaves by longjmp().
#include "wrong.h"

void program(int yes) {
  if (yes)
    work();
  jump();
  if (yes)
    work();
  else
    cut();
}
