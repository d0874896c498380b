// probe=counter never returns to 0: in memory on x86, where it stays at 255; as
// relaxed atomics, where 1 follows 255, that sanitizers leave alone on other
// targets and where the optimiser comes after.
// RUN: %kcc %k-probe=counter --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections \
// RUN:   %k-place=early | FileCheck %s
// RUN: %kcc --target=aarch64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections %k-probe=counter | FileCheck %s
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=counter | \
// RUN:   FileCheck %s --check-prefix=ASM
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - %k-probe=counter | FileCheck %s --check-prefix=UNIT
// RUN: %clang -c -O1 %S/Inputs/print-counters.c -o %t-rt.o
// RUN: %kcc -O1 %s %t-rt.o -o %t %k-probe=counter %k-filter='fun:f' && %t | FileCheck %s --check-prefix=COUNT
__attribute__((noinline)) void f(void) { __asm__ volatile(""); }
int main(void) {
  for (int i = 0; i < 256; i++)
    f();
  return 0;
}
// CHECK-LABEL: @f(
// CHECK: [[OLD:%.*]] = load atomic i8, {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// CHECK: call { i8, i1 } @llvm.uadd.with.overflow.i8(i8 [[OLD]], i8 1)
// CHECK: store atomic i8 {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// CHECK: call void asm
// ASM-LABEL: {{^}}f:
// ASM-NOT: lock
// ASM: cmpb $-1, .L__kcov8_cntrs.f(%rip)
// ASM-NEXT: adcb $0, .L__kcov8_cntrs.f(%rip)
// UNIT-LABEL: {{^}}f:
// UNIT: cmpb $-1, [[AT:.L__kcov8_cntrs.unit.*\(%rip\)]]
// UNIT-NEXT: adcb $0, [[AT]]
// COUNT: counters: 255{{$}}
