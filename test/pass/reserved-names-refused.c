// Our own runtime's and the sanitizers' functions, also when renamed.
// RUN: %kcc -O1 -c %s -o /dev/null %k-remarks 2>&1 | FileCheck %s
void __kcov8_port_lock(void) {}
void __sanitizer_print(void) {}
void renamed(void) __asm__("__asan_report");
void renamed(void) {}
void kcov8_open(void) {}
// CHECK: __kcov8_port_lock: not instrumented: reserved name
// CHECK: __sanitizer_print: not instrumented: reserved name
// CHECK: __asan_report: not instrumented: reserved name
// CHECK: kcov8_open: instrumented
