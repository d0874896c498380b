// A landing pad reached from two calls: level edge leaves these edges alone or
// splits them as the verifier likes it, and the pad counts.
// RUN: %kcxx -O1 -S -emit-llvm %s -o %t.ll -fplugin-arg-kcov8-level=edge
// RUN: %opt -passes=verify %t.ll -disable-output
// RUN: FileCheck %s < %t.ll
// RUN: %kcxx -O1 -c %s -o %t.o -fplugin-arg-kcov8-level=edge
// RUN: %dump check %t.o
void g(int);
int f(int a) {
  try {
    g(a);
    g(a + 1);
  } catch (int x) {
    return x;
  }
  return 0;
}
// CHECK: landingpad
// CHECK-NEXT: catch
// CHECK-NEXT: load atomic i8
