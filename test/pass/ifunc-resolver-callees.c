// What a resolver calls runs before a static program has thread-local storage:
// no probe that needs it, however the call is spelled. Others keep theirs.
// RUN: %kcov8_clang --kcov8-attribution=task --kcov8-delta=thread --kcov8-remarks -static %s -o %t 2>&1 | FileCheck %s
// RUN: %t
// RUN: %kcov8_clang -O2 --kcov8-attribution=task --kcov8-delta=thread -static-pie %s -o %t
// RUN: %t
// RUN: %kcov8_clang --kcov8-remarks -c %s -o %t.o 2>&1 | FileCheck %s --check-prefix=PROCESS
#define KEPT __attribute__((noinline))
static volatile int seed = 2;
KEPT static int deeper(int x) { return x > 3 ? 1 : 0; }
KEPT static int large(int x) { return x ? deeper(x) : 0; }
KEPT static int pointed(int x) { return x > 7; }
static int (*volatile pointer)(int) = pointed;
KEPT static int zero(void) { return 0; }
KEPT static int five(void) { return 5; }
static void *resolve(void) { return large(seed) ? (void *)five : (void *)zero; }
int api(void) __attribute__((ifunc("resolve")));
static void *through(void) { return pointer(seed) ? (void *)five : (void *)zero; }
#if __clang_major__ < 19 // which ends by a signal here, without us, too
extern void *alias(void) __attribute__((alias("through")));
int other(void) __attribute__((ifunc("alias")));
#else
int other(void) __attribute__((ifunc("through")));
#endif
KEPT static int ordinary(int x) { return x ? 0 : 1; }
int main(int c, char **v) { return api() + other() + ordinary(c); }
// CHECK-DAG: : deeper: not instrumented: called by an ifunc resolver
// CHECK-DAG: : large: not instrumented: called by an ifunc resolver
// CHECK-DAG: : pointed: not instrumented: called by an ifunc resolver
// CHECK-DAG: : through: not instrumented: {{ifunc resolver|disable_sanitizer_instrumentation}}
// CHECK-DAG: : ordinary: instrumented
// PROCESS-DAG: : deeper: instrumented
// PROCESS-DAG: : pointed: instrumented
