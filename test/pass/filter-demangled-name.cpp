// fun: rules match the linkage name or the demangled name, whole.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.cpp
// RUN: cd %t && %kcxx -c a.cpp -o a.o %k-remarks \
// RUN:   '%k-filter=fun:net::Queue::push(int),fun:_ZN3net1fEi,fun:*operator[]]*,fun:plain' > out 2>&1; \
// RUN:   FileCheck %s --check-prefix=PARENS < out
// RUN: cd %t && %kcxx -c a.cpp -o a.o %k-remarks \
// RUN:   '%k-filter=fun:net::Queue::push*,fun:_ZN3net1fEi,fun:int net::most<*>*,fun:plain' 2>&1 | \
// RUN:   FileCheck %s
namespace net {
struct Queue {
  int push(int a);
  int pop();
};
int Queue::push(int a) { return a; }
int Queue::pop() { return 1; }
int f(int a) { return a; }
int f(long a) { return (int)a; }
template <class T> int most(T a, T b) { return a > b; }
template int most<int>(int, int);
} // namespace net
extern "C" int plain(int a) { return a; }
int plain(long a) { return (int)a; }
// PARENS: error: kcov8: filter=: 'fun:net::Queue::push(int)': looks like a regular expression
// CHECK-DAG: _ZN3net5Queue4pushEi: instrumented
// CHECK-DAG: _ZN3net5Queue3popEv: not instrumented: function is not in the allowlist
// CHECK-DAG: _ZN3net1fEi: instrumented
// CHECK-DAG: _ZN3net1fEl: not instrumented: function is not in the allowlist
// CHECK-DAG: _ZN3net4mostIiEEiT_S1_: instrumented
// CHECK-DAG: plain: instrumented
// CHECK-DAG: _Z5plainl: not instrumented: function is not in the allowlist
