// place=early: copies of an inlined comdat function count in counters that
// survive, whichever object's copy of the function the linker keeps.
// REQUIRES: bfd, gold, lld
// RUN: %clang -c %S/Inputs/no-runtime.c -o %t-rt.o
// RUN: %kcxx %k-no-prune -O2 -c %s -o %t1.o %k-place=early
// RUN: %kcxx %k-no-prune -O2 -c %s -o %t2.o -DSECOND %k-place=early
// RUN: %dump check %t1.o %t2.o
// RUN: %clangxx -fuse-ld=bfd  %t1.o %t2.o %t-rt.o -o %t && %dump check %t && %dump tables %t | FileCheck %s
// RUN: %clangxx -fuse-ld=gold %t2.o %t1.o %t-rt.o -o %t && %dump check %t && %dump tables %t | FileCheck %s
// RUN: %clangxx -fuse-ld=lld  %t1.o %t2.o %t-rt.o -o %t && %dump check %t && %dump tables %t | FileCheck %s
// Pruned, too: one of the objects knows that seen() does not flush.
// RUN: %kcxx -O2 -c %s -o %t1.o %k-place=early %k-prune %k-probe=flag
// RUN: %kcxx -O2 -c %s -o %t2.o -DSECOND %k-place=early %k-prune %k-probe=flag
// RUN: %clangxx -fuse-ld=lld %t1.o %t2.o %t-rt.o -o %t && %dump check %t && %dump tables %t | FileCheck %s
extern int n;
void seen(int);
inline int f(int a) { if (a > 3) { seen(a); n += a; } else n -= 2; return n; }
#ifdef SECOND
int n;
void seen(int) {}
int second(int a) { return f(a); }
int (*p)(int) = f;
#else
int second(int);
int main(int c, char **) { return second(f(c)) == 99; }
#endif
// CHECK: _Z1fi hash {{.*}} blocks 4
// CHECK-NOT: _Z1fi
// CHECK: _Z6secondi
// CHECK: main
