// probe=flag: one relaxed store of 1, nothing is read; it stays 1.
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections -fplugin-arg-kcov8-probe=flag | FileCheck %s
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections -fplugin-arg-kcov8-probe=flag | FileCheck %s --check-prefix=ASM
// RUN: %clang -c -O1 %S/Inputs/print-counters.c -o %t-rt.o
// RUN: %kcc -O1 %s %t-rt.o -o %t -fplugin-arg-kcov8-probe=flag -fplugin-arg-kcov8-filter='fun:f' && %t | FileCheck %s --check-prefix=COUNT
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
// COUNT: counters: 1{{$}}
