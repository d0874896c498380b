// Under ASan and UBSan the probes are nobody's business: no check is made on
// counters, and the program runs.
// RUN: %kcc %k-probe=counter %k-no-prune -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -S -emit-llvm %s -o - \
// RUN:   -ffunction-sections %k-place=early | FileCheck %s
// RUN: %clang -c %S/Inputs/no-runtime.c -o %t-rt.o
// RUN: %kcc %k-probe=counter %k-no-prune -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all %s %t-rt.o -o %t && %t && \
// RUN:   %dump tables %t | FileCheck %s --check-prefix=TABLES
int a[4];
int main(int c, char **v) {
  (void)v;
  for (int i = 0; i < c && i < 4; i++)
    a[i] += c;
  return a[0] - c;
}
// CHECK-NOT: ptrtoint {{.*}}@__kcov8_cntrs{{.*}} to i64), i64 3
// CHECK: load atomic i8, {{.*}}@__kcov8_cntrs.main{{.*}} !nosanitize
// CHECK: __asan_report
// TABLES: main hash
