// Before CoroSplit a coroutine is left alone: each of its three clones would
// get a copy of every probe. With place=early the parts have none.
// RUN: %kcxx -std=c++20 -O2 -c %s -o %t.o %k-place=early %k-remarks 2>&1 | FileCheck %s
// RUN: %dump check %t.o
#include "Inputs/coroutine.h"
generator count(int n) {
  for (int i = 0; i < n; i++)
    co_yield i;
}
int plain(int a) { return a; }
// CHECK: _Z5counti: not instrumented: coroutine that is not split yet
// CHECK: _Z5plaini: instrumented
