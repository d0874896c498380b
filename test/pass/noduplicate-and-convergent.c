// Calls that may not be copied, or made depend on more conditions, stay as
// they are; the blocks around them count.
// RUN: %kcc %k-probe=counter %k-no-prune -O2 -S -emit-llvm %s -o - -ffunction-sections %k-level=edge | FileCheck %s
__attribute__((noduplicate)) void barrier(void);
__attribute__((convergent)) void together(void);
void f(int a) {
  if (a)
    barrier();
  else
    together();
  barrier();
}
// CHECK: @__kcov8_cntrs.f = private global [4 x i8]
// CHECK-COUNT-2: call void @barrier
// CHECK-NOT: call void @barrier
