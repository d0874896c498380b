// probe=wrapping: a plain increment, one instruction on x86; relaxed. The
// 256th hit reads 0: that is what it costs.
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections %k-probe=wrapping | FileCheck %s
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=wrapping | \
// RUN:   FileCheck %s --check-prefix=ASM
// RUN: %clang -c -O1 %S/Inputs/print-counters.c -o %t-rt.o
// RUN: %kcc -O1 %s %t-rt.o -o %t %k-probe=wrapping %k-filter='fun:f,fun:g' && %t | FileCheck %s --check-prefix=COUNT
__attribute__((noinline)) void f(void) { __asm__ volatile(""); }
__attribute__((noinline)) void g(void) { __asm__ volatile(""); }
int main(void) {
  for (int i = 0; i < 256; i++)
    f();
  for (int i = 0; i < 258; i++)
    g();
  return 0;
}
// CHECK-LABEL: @f(
// CHECK-NEXT: [[OLD:%.*]] = load atomic i8, {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// CHECK-NEXT: [[NEW:%.*]] = add i8 [[OLD]], 1
// CHECK-NEXT: store atomic i8 [[NEW]], {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// ASM-LABEL: {{^}}f:
// ASM-NOT: {{adc|lock}}
// ASM: {{incb|addb \$1,}} {{.*}}__kcov8_cntrs.f(%rip)
// ASM-NOT: {{adc|lock|__kcov8_cntrs.f}}
// ASM: ret
// COUNT: counters: 0 2{{$}}
