// RUN: %kcc -O1 -c %s -o /dev/null %k-remarks 2>&1 | FileCheck %s
__attribute__((disable_sanitizer_instrumentation)) int f(int a) { return a; }
__attribute__((no_profile_instrument_function)) int g(int a) { return a; }
// CHECK: f: not instrumented: disable_sanitizer_instrumentation
// CHECK: g: instrumented
