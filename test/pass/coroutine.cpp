// A coroutine is split when the probes come: its parts are functions with
// blocks of their own. It still works.
// RUN: %clang -c %S/Inputs/no-runtime.c -o %t-rt.o
// RUN: %kcxx -std=c++20 -O0 -c %s -o %t.o && %dump check %t.o
// RUN: %clangxx %t.o %t-rt.o -o %t && %t
// RUN: %dump map %t.o | FileCheck %s
// RUN: %kcxx -std=c++20 -O2 -c %s -o %t.o && %dump check %t.o
// RUN: %clangxx %t.o %t-rt.o -o %t && %t
// RUN: %kcxx -std=c++20 -O2 -c %s -o %t.o %k-level=edge && %dump check %t.o
// RUN: %clangxx %t.o %t-rt.o -o %t && %t
#include "Inputs/coroutine.h"
generator count(int n) {
  for (int i = 0; i < n; i++)
    if (i != 2)
      co_yield i;
}
int main() {
  int sum = 0;
  auto g = count(5);
  for (g.h.resume(); !g.h.done(); g.h.resume())
    sum += g.h.promise().value;
  return sum != 0 + 1 + 3 + 4;
}
// CHECK: func _Z5counti line
// CHECK: func _Z5counti.destroy
// CHECK: func _Z5counti.resume
