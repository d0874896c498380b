// Nothing comes between a musttail call and its return.
// RUN: %kcc %k-probe=counter %k-no-prune -O1 -S -emit-llvm %s -o %t.ll && FileCheck %s < %t.ll
// RUN: %kcc %k-probe=counter %k-no-prune -O0 -S -emit-llvm %s -o %t.ll && FileCheck %s < %t.ll
// RUN: %opt -passes=verify -disable-output %t.ll
int g(int);
int f(int a) {
  if (a)
    __attribute__((musttail)) return g(a);
  return a;
}
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK: musttail call
// CHECK-NEXT: ret
