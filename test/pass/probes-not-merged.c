// Blocks that the optimiser makes one of others keep their probes apart:
// early, two arms of the same code are sunk into one with a phi of counters;
// neither counter is flagged removed, and each counts its own.
// RUN: %clang -c -O1 %S/Inputs/print-counters.c -o %t-rt.o
// RUN: %kcc %k-no-prune -O2 -c %s -o %t.o %k-place=early %k-probe=flag
// RUN: %dump map %t.o | FileCheck %s
// RUN: %clang %t.o %t-rt.o -o %t && %t | FileCheck %s --check-prefix=ONE
// RUN: %t x | FileCheck %s --check-prefix=TWO
volatile int sink;
int main(int c, char **v) {
  (void)v;
  if (c > 1)
    sink = 1;
  else
    sink = 2;
  return 0;
}
// CHECK: func main
// CHECK-NOT: block {{.*}}R
// ONE: counters: 1 0 1 1
// TWO: counters: 1 1 0 1
