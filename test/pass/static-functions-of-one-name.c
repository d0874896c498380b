// Static functions of the same name in two files have different IDs; unit=
// does the same for one file compiled twice.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c && cp %s %t/b.c
// RUN: cd %t && %kcc -c a.c -o a.o && %kcc -c b.c -o b.o && %kcc -c a.c -o a2.o && %kcc -c a.c -o u.o %k-unit=two
// RUN: cd %t && for o in a b a2 u; do %dump tables $o.o; done | FileCheck %s
static int f(int a) { return a; }
int (*p)(int) = f;
// CHECK: f hash [[A:[0-9a-f]+]] {{.*}} in a.c
// CHECK-NOT: [[A]]
// CHECK: f hash [[B:[0-9a-f]+]] {{.*}} in b.c
// CHECK: f hash [[A]] {{.*}} in a.c
// CHECK-NOT: [[A]]
// CHECK-NOT: [[B]]
// CHECK: f hash {{[0-9a-f]+}} {{.*}} in a.c
