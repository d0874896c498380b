// trace-cmp: behind a test of the gate, one call for each comparison that
// SanitizerCoverage records too, and for pairs of pointers. Constants first.
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - -ffunction-sections %k-trace-cmp | FileCheck %s
// RUN: %kcc --target=x86_64-linux-gnu -O1 -S -emit-llvm %s -o - | FileCheck %s --check-prefix=OFF
// RUN: %kcc -O1 -c %s -o %t.o %k-trace-cmp && %dump check %t.o && %dump map %t.o | FileCheck %s --check-prefix=MAP
#include <stdint.h>
void g(int);

// CHECK-DAG: @__kcov8_cases = private unnamed_addr constant [5 x i64] [i64 3, i64 32, i64 7, i64 100, i64 4294967295]
// CHECK-DAG: @__kcov8_cmp_on = external {{.*}}global i32

// CHECK-LABEL: @sizes(
// CHECK: %[[GATE:.*]] = load atomic i32, {{.*}}@__kcov8_cmp_on monotonic, align 4{{.*}}, !nosanitize
// CHECK: %[[ON:.*]] = icmp ne i32 %[[GATE]], 0
// CHECK: br i1 %[[ON]], {{.*}}, !prof
// CHECK: call void @__kcov8_trace_cmp({{.*}}@__kcov8_cntrs.sizes{{.*}}, i32 1, i64 165, i64
// CHECK: icmp eq i8
// CHECK: call void @__kcov8_trace_cmp({{.*}}i32 3, i64 4660, i64
// CHECK: icmp eq i16
// CHECK: call void @__kcov8_trace_cmp({{.*}}i32 5, i64 2147483648, i64
// CHECK: icmp eq i32
// CHECK: call void @__kcov8_trace_cmp({{.*}}i32 7, i64 4886718345, i64
// CHECK: icmp eq i64
// CHECK: call void @__kcov8_trace_cmp({{.*}}i32 6, i64 {{.*}}, i64
// CHECK: icmp ult i64
void sizes(uint8_t a, uint16_t b, uint32_t c, uint64_t d, uint64_t e) {
  if (a == 0xa5)
    g(1);
  if (0x1234 == b)
    g(2);
  if (c == 0x80000000)
    g(3);
  if (d == 0x123456789)
    g(4);
  if (d < e)
    g(5);
}

// A test for null is not recorded.
// CHECK-LABEL: @pointers(
// CHECK: call void @__kcov8_trace_cmp({{.*}}i32 6, i64 {{.*}}, i64
// CHECK-NOT: __kcov8_cmp_on
// CHECK: ret void
void pointers(char *p, char *q) {
  if (p == q)
    g(1);
  if (p)
    g(2);
}

// CHECK-LABEL: @choice(
// CHECK: call void @__kcov8_trace_switch({{.*}}, i64 %{{.*}}, {{.*}}@__kcov8_cases
// CHECK-NOT: __kcov8_cmp_on
// CHECK: switch i32
void choice(int a) {
  switch (a) {
  case 100:
    g(3);
    break;
  case -1:
    g(1);
    g(2);
    break;
  case 7:
    g(2);
    g(9);
  }
}

// What only makes a loop go round is not recorded, as SanitizerCoverage does.
// CHECK-LABEL: @loop(
// CHECK-NOT: __kcov8_cmp_on
// CHECK: ret void
void loop(volatile int *p) {
  int i = 0;
  do
    *p = i;
  while (++i != 1000);
}

// Nothing called in between: one gate for both, in order.
// CHECK-LABEL: @both(
// CHECK: load atomic i32, {{.*}}@__kcov8_cmp_on
// CHECK-NOT: __kcov8_cmp_on
// CHECK: call void @__kcov8_trace_cmp({{.*}}, i32 5, i64 41,
// CHECK: call void @__kcov8_trace_cmp({{.*}}, i32 5, i64 42,
// CHECK-NOT: __kcov8_trace
// CHECK: ret i32
int both(int a, int b) { return (a == 41) + (b == 42) * 2; }

// OFF-NOT: __kcov8_cmp
// OFF-NOT: __kcov8_trace
// MAP: options [{{.*}} trace-cmp]
