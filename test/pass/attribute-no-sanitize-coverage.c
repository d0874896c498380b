// no_sanitize("coverage") is honoured, though SanitizerCoverage is off: clang
// itself drops it then. No SanitizerCoverage comes in by that. Also where the
// attribute comes after the first use.
// RUN: %kcc -O1 -c %s -o %t.o %k-remarks 2>&1 | FileCheck %s
// RUN: %dump check %t.o
// RUN: llvm-nm %t.o | FileCheck %s --check-prefix=NM
// RUN: llvm-readelf -S %t.o | FileCheck %s --check-prefix=NM
// NM-NOT: sancov
// NM-NOT: __sanitizer_cov
int g(int), (*p)(int);
static int later(int);
int caller(int a) { return later(a) + p(a); }
__attribute__((no_sanitize("coverage"), noinline)) static int later(int a) { return g(a) + p(a); }
__attribute__((no_sanitize("coverage"))) int f(int a) { return a ? g(a) : 1; }
__attribute__((no_sanitize("address"))) int other(int a) { return a; }
#if __has_feature(coverage_sanitizer)
int feature(int a) { return a; }
#endif
// CHECK-DAG: caller: instrumented
// CHECK-DAG: later: not instrumented: no_sanitize("coverage")
// CHECK-DAG: f: not instrumented: no_sanitize("coverage")
// CHECK-DAG: other: instrumented
// CHECK-DAG: feature: instrumented
