// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function that is known not to return, and does not.
#include "wrong.h"

static _Noreturn __attribute__((noinline)) void last(int yes) {
  if (yes)
    work();
  end();
  __builtin_unreachable();
}

void program(int yes) {
  if (yes)
    work();
  last(yes);
}
