// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A callee ends the thread.
#include "wrong.h"

void program(int yes) {
  if (yes)
    work();
  leave();
  if (yes)
    work();
  else
    cut();
}
