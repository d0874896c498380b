// Edges of asm goto: level edge compiles, verifies and counts the targets.
// RUN: %kcc -O1 -S -emit-llvm %s -o %t.ll %k-level=edge
// RUN: %opt -passes=verify %t.ll -disable-output
// RUN: FileCheck %s < %t.ll
// RUN: %kcc -O1 -c %s -o %t.o %k-level=edge
// RUN: %dump check %t.o
void g(int);
int f(int a) {
  asm goto("nop" : : : : l1, l2);
  if (a)
    asm goto("nop" : : : : l2);
  g(0);
l1:
  g(1);
l2:
  g(2);
  return 0;
}
// CHECK: callbr
// CHECK-COUNT-4: {{store atomic i8|asm sideeffect "cmpb}}
