// probe=flag: one relaxed store of 1, nothing is read; it stays 1.
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections %k-probe=flag | FileCheck %s
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=flag | \
// RUN:   FileCheck %s --check-prefix=ASM
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - %k-probe=flag | FileCheck %s --check-prefix=UNIT
// RUN: %clang -c -O1 %S/Inputs/print-counters.c -o %t-rt.o
// RUN: %kcc -O1 %s %t-rt.o -o %t %k-probe=flag %k-filter='fun:f' && %t | FileCheck %s --check-prefix=COUNT
__attribute__((noinline)) void f(void) { __asm__ volatile(""); }
int main(void) {
  for (int i = 0; i < 5; i++)
    f();
  return 0;
}
// CHECK-LABEL: @f(
// CHECK-NEXT: store atomic i8 1, {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// CHECK-NEXT: call void asm
// ASM-LABEL: {{^}}f:
// ASM-NOT: {{add|adc|inc|lock|xchg}}
// ASM: movb $1, .L__kcov8_cntrs.f(%rip)
// ASM-NOT: __kcov8_cntrs.f
// ASM: ret
// UNIT-LABEL: {{^}}f:
// UNIT: movb $1, .L__kcov8_cntrs.unit(%rip)
// COUNT: counters: 1{{$}}
