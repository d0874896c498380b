// A comdat function's hash is the same from any file, others' is not.
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/other.cpp
// RUN: cd %t && %kcxx -O1 -c other.cpp -o a.o && %dump tables a.o > both
// RUN: cd %t && mv other.cpp another.cpp && %kcxx -O1 -c another.cpp -o b.o && %dump tables b.o >> both
// RUN: FileCheck %s < %t/both
template <class T> __attribute__((noinline)) T most(T a, T b) { return a > b ? a : b; }
int plain(int a) { return most(a, 3); }
// CHECK: _Z4mostIiET_S0_S0_ hash [[H:[0-9a-f]+]]
// CHECK: _Z5plaini hash [[P:[0-9a-f]+]] {{.*}} in other.cpp
// CHECK: _Z4mostIiET_S0_S0_ hash [[H]]
// CHECK-NOT: _Z5plaini hash [[P]]
// CHECK: _Z5plaini hash {{.*}} in another.cpp
