// The copy that runs is in another object, with probes of its own.
// RUN: %kcc -O2 -S -emit-llvm %s -o - -fplugin-arg-kcov8-remarks 2>&1 | FileCheck %s
int h(int);
extern __inline__ __attribute__((gnu_inline)) int f(int a) {
  for (int i = 0; i < a; i++) { h(i); h(i + 2); h(i * 3); h(a); h(i * i); h(~i); h(i / 3); h(i ^ a);
    h(i); h(i + 2); h(i * 3); h(a); h(i * i); h(~i); h(i / 3); h(i ^ a); }
  return h(a);
}
int g(int a) { return f(a) + f(a + 1) + f(h(a)); }
// CHECK-DAG: f: not instrumented: available_externally
// CHECK-DAG: g: instrumented
