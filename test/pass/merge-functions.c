// Functions that would be merged for having the same body are not: their
// counters differ.
// RUN: %kcc -O2 -Xclang -fmerge-functions -c %s -o %t.o %k-place=early && %dump check %t.o && \
// RUN:   %dump tables %t.o | FileCheck %s
// RUN: %clang -O1 -S -emit-llvm %s -o %t.ll && \
// RUN:   %kopt -function-sections -passes='kcov8<probe=counter>,mergefunc' -S %t.ll | FileCheck %s --check-prefix=IR
int h(int);
int f(int a) { return h(a + 1) + h(a * 77) + h(~a); }
int g(int a) { return h(a + 1) + h(a * 77) + h(~a); }
// CHECK: f hash
// CHECK: g hash
// IR: define {{.*}}@f(
// IR: call void asm {{.*}}__kcov8_cntrs.f
// IR: define {{.*}}@g(
// IR: call void asm {{.*}}__kcov8_cntrs.g
