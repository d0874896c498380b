// TSan makes a call of every atomic access, but not of the probes, in front of
// which the optimiser and TSan still run with place=early. (14's TSan does
// not look at !nosanitize.)
// REQUIRES: llvm-ge-19
// RUN: %kcc -O1 -fsanitize=thread -S -emit-llvm %s -o - %k-place=early %k-probe=counter | FileCheck %s
int a[4];
int f(int c) {
  for (int i = 0; i < c && i < 4; i++)
    a[i] += c;
  return __atomic_load_n(&a[0], __ATOMIC_RELAXED);
}
// CHECK-NOT: __tsan_atomic8
// CHECK: call {{.*}}@__tsan_atomic32_load
// CHECK-NOT: call {{.*}}__tsan_atomic8
// CHECK: load atomic i8, {{.*}}@__kcov8_cntrs{{.*}} !nosanitize
// CHECK-NOT: call {{.*}}__tsan_atomic8
