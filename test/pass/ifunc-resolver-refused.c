// Resolvers run while the dynamic linker relocates.
// RUN: %kcc -O1 -S -emit-llvm %s -o - -fplugin-arg-kcov8-remarks 2>&1 | FileCheck %s
static int one(int a) { return a; }
static int two(int a) { return a + 1; }
static int (*pick(void))(int) { return __builtin_cpu_supports("avx2") ? two : one; }
int f(int) __attribute__((ifunc("pick")));
// CHECK-DAG: pick: not instrumented: ifunc resolver
// CHECK-DAG: one: instrumented
// CHECK-DAG: two: instrumented
