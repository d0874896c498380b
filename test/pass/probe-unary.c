// probe=unary: a set bit comes in from below, so that n hits set n bits, up to
// eight; it never returns to 0. Two instructions on x86, 7 bytes; as relaxed
// atomics on other targets and where the optimiser comes after.
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections %k-place=early \
// RUN:   %k-probe=unary | FileCheck %s
// RUN: %kcc --target=aarch64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections %k-probe=unary | FileCheck %s
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=unary | \
// RUN:   FileCheck %s --check-prefix=ASM
// RUN: %kcc --target=x86_64-linux-gnu -O1 -c %s -o %t.o -ffunction-sections %k-probe=unary
// RUN: llvm-objdump -d %t.o | FileCheck %s --check-prefix=BYTES
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=unary %k-summary | \
// RUN:   FileCheck %s --check-prefix=MARK
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=unary %k-attribution=task \
// RUN:   | FileCheck %s --check-prefix=GS
// RUN: %kcc --target=x86_64-linux-gnu -O1 -fno-pic -mcmodel=large -S %s -o - -ffunction-sections \
// RUN:   %k-probe=unary %k-attribution=task %k-near | FileCheck %s --check-prefix=GS
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S %s -o - -ffunction-sections %k-probe=unary %k-attribution=task \
// RUN:   %k-delta=thread | FileCheck %s --check-prefix=THREAD
// RUN: %clang -c -O1 %S/Inputs/print-counters.c -o %t-rt.o
// RUN: %kcc -O1 %s %t-rt.o -o %t %k-probe=unary %k-filter='fun:?'
// RUN: %t | FileCheck %s --check-prefix=COUNT
// RUN: %kcc -O1 %s %t-rt.o -o %t %k-probe=unary %k-filter='fun:?' %k-place=early
// RUN: %t | FileCheck %s --check-prefix=COUNT
__attribute__((noinline)) void f(void) { __asm__ volatile(""); }
__attribute__((noinline)) void g(void) { __asm__ volatile(""); }
__attribute__((noinline)) void h(void) { __asm__ volatile(""); }
__attribute__((noinline)) void i(void) { __asm__ volatile(""); }
int main(void) {
  for (int n = 0; n < 3; n++)
    f();
  for (int n = 0; n < 8; n++)
    g();
  for (int n = 0; n < 600; n++)
    h();
  return 0;
}
// CHECK-LABEL: @f(
// CHECK: [[OLD:%.*]] = load atomic i8, {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// CHECK-NEXT: [[SHIFTED:%.*]] = shl i8 [[OLD]], 1
// CHECK-NEXT: [[NEW:%.*]] = or{{.*}} i8 [[SHIFTED]], 1
// CHECK-NEXT: store atomic i8 [[NEW]], {{.*}}@__kcov8_cntrs.f{{.*}} monotonic, align 1, !nosanitize
// CHECK: call void asm
// ASM-LABEL: {{^}}f:
// ASM-NOT: lock
// ASM: stc
// ASM-NEXT: rclb {{(\$1, )?}}.L__kcov8_cntrs.f(%rip)
// ASM-NOT: __kcov8_cntrs.f
// ASM: ret
// BYTES-LABEL: <f>:
// BYTES: f9 {{.*}}stc
// BYTES-NEXT: d0 15 00 00 00 00 {{.*}}rclb
// MARK-LABEL: {{^}}f:
// MARK: stc
// MARK-NEXT: rclb {{(\$1, )?}}.L__kcov8_cntrs.f(%rip)
// MARK-NEXT: movb $1, .L__kcov8_marks.f(%rip)
// GS-LABEL: {{^}}f:
// GS: stc
// GS-NEXT: rclb {{(\$1, )?}}%gs:.L__kcov8_cntrs.f(%rip)
// THREAD-LABEL: {{^}}f:
// THREAD: %fs:{{.*}}, [[D:%r[a-z0-9]+]]
// THREAD: stc
// THREAD-NEXT: rclb {{(\$1, )?}}{{.*}}([[D]]{{.*}})
// COUNT: counters: 7 255 255 0{{$}}
