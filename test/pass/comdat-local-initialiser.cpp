// Initialisers of template members are local functions, numbered by the
// compiler, in the member's comdat: its name tells them apart in all objects.
// RUN: %kcxx -O0 -c %s -o %t1.o && %dump tables %t1.o > %t.both
// RUN: %kcxx -O0 -c %s -o %t2.o -DFIRST && %dump tables %t2.o >> %t.both
// RUN: grep __cxx_global_var_init %t.both | sed 's/.* hash \([0-9a-f]*\) .*/\1/' | sort | uniq -c | \
// RUN:   sort -n | FileCheck %s
int g(int);
template <int N> struct A { static int v; };
template <int N> int A<N>::v = g(N);
#ifdef FIRST
int first() { return A<7>::v; }
#endif
int second() { return A<8>::v; }
// A<7> once, A<8> in both.
// CHECK: 1 [[A:[0-9a-f]+]]
// CHECK-NEXT: 2 [[B:[0-9a-f]+]]
// CHECK-NOT: {{.}}
