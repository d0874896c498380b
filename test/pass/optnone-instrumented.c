// RUN: %kcc %k-probe=counter %k-no-prune -O2 -S -emit-llvm %s -o - -ffunction-sections | FileCheck %s
__attribute__((optnone, noinline)) int f(int a) { return a ? a + 1 : 7; }
// CHECK: @__kcov8_cntrs.f = private global [4 x i8]
// CHECK-COUNT-4: {{store atomic i8|asm sideeffect "cmpb}}
