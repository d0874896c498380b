// Resolvers run while the dynamic linker relocates.
// (Newer clangs say disable_sanitizer_instrumentation as well.)
// RUN: %clang -O1 -S -emit-llvm %s -o - | sed s/disable_sanitizer_instrumentation// > %t.ll
// RUN: %kopt -passes='kcov8<remarks>' -disable-output %t.ll 2>&1 | FileCheck %s
static int one(int a) { return a; }
static int two(int a) { return a + 1; }
static int (*pick(void))(int) { return __builtin_cpu_supports("avx2") ? two : one; }
int f(int) __attribute__((ifunc("pick")));
// CHECK-DAG: pick: not instrumented: ifunc resolver
// CHECK-DAG: one: instrumented
// CHECK-DAG: two: instrumented
