// Level edge splits critical edges: the way past the call gets a block of its
// own. Level bb does not; level func has the entry alone.
// RUN: %kcc -O1 -g -c %s -o %t.o %k-level=edge
// RUN: %dump map %t.o | FileCheck %s --check-prefix=EDGE
// RUN: %dump check %t.o
// RUN: %kcc -O1 -g -c %s -o %t.o
// RUN: %dump map %t.o | FileCheck %s --check-prefix=BB
// RUN: %kcc -O1 -g -c %s -o %t.o %k-level=func
// RUN: %dump map %t.o | FileCheck %s --check-prefix=FUNC
// RUN: %dump check %t.o
void g(void), h(void);
void f(int a) {
  if (a)
    g();
  h();
}
// EDGE: func f line [[@LINE-5]] blocks 4
// EDGE: block E
// EDGE: block X
// BB: func f line [[@LINE-8]] blocks 3
// BB-NOT: block X
// FUNC: func f line [[@LINE-10]] blocks 1
// FUNC-NEXT: block E
// FUNC-NOT: block
