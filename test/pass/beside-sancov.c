// Together with SanitizerCoverage, which then gets no other part switched on:
// both are there, and only what was asked for.
// RUN: %kcc -O1 -fsanitize-coverage=bb,no-prune,trace-pc -S %s -o - | FileCheck %s
// CHECK-LABEL: caller:
// CHECK: __sanitizer_cov_trace_pc{{$|@}}
// CHECK: __kcov8_cntrs
// CHECK-NOT: trace_pc_indir
void caller(void (*f)(void)) { f(); }

// CHECK-LABEL: opted_out:
// CHECK-NOT: __sanitizer_cov
// CHECK-NOT: __kcov8_cntrs
// CHECK: .Lfunc_end
__attribute__((no_sanitize("coverage"))) void opted_out(void (*f)(void)) {
  f();
}
