// place=early: what the optimiser proved dead is flagged in the map, and its
// counters stay in place, so that the record is as the source says.
// RUN: %kcc -O2 -g -c %s -o %t.o %k-place=early
// RUN: %dump check %t.o && %dump map %t.o | FileCheck %s
// RUN: %kcc -O0 -g -c %s -o %t.o %k-place=early
// RUN: %dump check %t.o && %dump map %t.o | FileCheck %s --check-prefix=O0
void g(int);
static int always(void) { return 1; }
void f(int a) {
  if (always())
    g(a);
  else
    g(a + 1);
}
// CHECK: func f line 9 blocks 4
// CHECK-NEXT: block E
// CHECK-NEXT: block - {{.*}}:11
// CHECK-NEXT: block R {{.*}}:13
// CHECK-NEXT: block - {{.*}}:14
// O0: func f line 9 blocks 4
// O0-NOT: block R
// The tool lists it with a mark, and no other block.
// RUN: %kcov8_clang -O2 -g --kcov8-place=early -fPIC -shared %s -o %t.so
// RUN: %kcov8 list %t.so | awk -F'\t' '$5 {print $3, $4, $5}' | FileCheck %s --check-prefix=LIST
// LIST: {{^}}f {{.*}}:13.{{[0-9]+,[0-9.]+}} removed{{$}}
// LIST-NOT: {{.}}
