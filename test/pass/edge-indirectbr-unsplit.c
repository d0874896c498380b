// Edges out of a computed goto cannot be split: their targets still count.
// RUN: %kcc -O1 %s %k-level=edge -S -emit-llvm -o %t.ll
// RUN: %opt -passes=verify %t.ll -disable-output
// RUN: FileCheck %s < %t.ll
// RUN: %kcc -O1 -c %s -o %t.o %k-level=edge
// RUN: %dump check %t.o
void g(int);
void f(const unsigned char *p) {
  static void *const to[] = {&&a, &&b, &&c};
  goto *to[*p++];
a:
  g(1);
  goto *to[*p++];
b:
  g(2);
  goto *to[*p++];
c:
  g(3);
}
// CHECK: indirectbr
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
