// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A callee throws through a function that has nothing to clean up.
#include "wrong.h"

__attribute__((noinline)) static void throws(int yes) {
  if (yes)
    throw 1;
}

__attribute__((noinline)) static void between(int yes) {
  if (yes)
    work();
  throws(yes);
  if (yes)
    work();
  else
    cut();
}

void program(int yes) {
  try {
    between(yes);
  } catch (int) {
    work();
  }
}
