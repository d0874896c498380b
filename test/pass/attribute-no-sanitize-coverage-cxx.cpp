// RUN: %kcxx -O0 -c %s -o %t.o %k-remarks 2>&1 | FileCheck %s
#define NC __attribute__((no_sanitize("coverage")))
int g(int);
namespace N {
struct S {
  NC S();
  NC ~S();
  NC int in(int a) { return g(a); }
  int with(int a) { return g(a) + 1; }
};
S::S() { g(1); }
S::~S() { g(2); }
} // namespace N
template <class T> NC T t(T x) { return g(x); }
template <class T> struct V { NC T v(T x) { return g(x); } };
extern "C" { NC int c(int x) { return g(x); } }
int use(int x) {
  N::S s;
  struct L { NC int i(int a) { return g(a); } };
  return t(x) + s.in(x) + s.with(x) + V<int>().v(x) + L().i(x) + c(x);
}
// CHECK-DAG: _ZN1N1SC2Ev: not instrumented: no_sanitize("coverage")
// CHECK-DAG: _ZN1N1SD2Ev: not instrumented: no_sanitize("coverage")
// CHECK-DAG: _ZN1N1S2inEi: not instrumented: no_sanitize("coverage")
// CHECK-DAG: _ZN1N1S4withEi: instrumented
// CHECK-DAG: _Z1tIiET_S0_: not instrumented: no_sanitize("coverage")
// CHECK-DAG: _ZN1VIiE1vEi: not instrumented: no_sanitize("coverage")
// CHECK-DAG: _ZZ3useiEN1L1iEi: not instrumented: no_sanitize("coverage")
// CHECK-DAG: c: not instrumented: no_sanitize("coverage")
// CHECK-DAG: _Z3usei: instrumented
