// Weak functions outside comdats are functions of their files; both stay.
// RUN: rm -rf %t && mkdir %t && cd %t && cp %s a.c && cp %s b.c
// RUN: cd %t && %clang -c %S/Inputs/no-runtime.c -o rt.o
// RUN: cd %t && %kcc -O1 -c a.c -o a.o -DMAIN && %kcc -O1 -c b.c -o b.o
// RUN: cd %t && %clang a.o b.o rt.o -o x && %dump check x && %dump tables x | FileCheck %s
__attribute__((weak)) int f(int a) { return a; }
#ifdef MAIN
int main(int c, char **v) { (void)v; return f(c) == 99; }
#endif
// CHECK: f hash [[A:[0-9a-f]+]] {{.*}} in [[FILE:[ab].c]]
// CHECK-NOT: f hash [[A]]
// CHECK: f hash
// CHECK: main hash
