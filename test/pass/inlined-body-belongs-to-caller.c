// Late probes: an inlined body is blocks of the function it ended up in, with
// counters of their own; early ones: all copies share one counter.
// RUN: %kcc -O2 -g -c %s -o %t.o && %dump check %t.o && %dump tables %t.o | FileCheck %s
// RUN: %kcc -O2 -g -c %s -o %t.o %k-place=early && %dump check %t.o && %dump map %t.o | \
// RUN:   FileCheck %s --check-prefix=EARLY
// RUN: %kcc -O2 -S -emit-llvm %s -o - -ffunction-sections %k-place=early | FileCheck %s --check-prefix=IR
void h(int);
static int f(int a) { if (a & 1) h(a); return a + 1; }
int g1(int a) { return f(a); }
int g2(int a) { return f(a * 5); }
// CHECK: g1 hash {{.*}} blocks 3
// CHECK: g2 hash {{.*}} blocks 3
// EARLY: func f line 8 blocks 3
// EARLY: func g1 line 9 blocks 1
// EARLY: func g2 line 10 blocks 1
// IR-NOT: define {{.*}}@f(
// IR: define {{.*}}@g1(
// IR: store atomic {{.*}}@__kcov8_cntrs.f
// IR: define {{.*}}@g2(
// IR: store atomic {{.*}}@__kcov8_cntrs.f
