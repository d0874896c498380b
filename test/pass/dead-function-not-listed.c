// A static function that the optimiser inlined everywhere, or that nothing
// calls, is in no table; early: neither, unless its code lives on in others.
// RUN: %kcc -O2 -c %s -o %t.o && %dump check %t.o && %dump tables %t.o | FileCheck %s
// RUN: %kcc -O2 -c %s -o %t.o %k-place=early && %dump check %t.o && %dump tables %t.o | \
// RUN:   FileCheck %s --check-prefix=EARLY
static int inlined(int a) { return a * 3; }
static int dead(int a) { return a * 5; }
static int once(int a) { return a == 4 ? dead(a) : 4; }
int g(int a) { if (a != a) return once(a); return inlined(a); }
// CHECK: g hash
// CHECK-NOT: hash
// EARLY-NOT: {{dead|once}} hash
// EARLY: g hash
// EARLY-NEXT: inlined hash
