// A block that ends in a call that does not return counts: it was entered.
// RUN: %kcc %k-probe=counter %k-no-prune -O2 -S -emit-llvm %s -o - -ffunction-sections | FileCheck %s
_Noreturn void die(void);
int f(int a) {
  if (a > 3)
    die();
  return a;
}
// CHECK: @__kcov8_cntrs.f = private global [3 x i8]
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK-NEXT: tail call void @die
// CHECK-NEXT: unreachable
