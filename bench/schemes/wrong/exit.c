// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A callee ends the process.
#include "wrong.h"

void program(int yes) {
  if (yes)
    work();
  end();
  if (yes)
    work();
  else
    cut();
}
