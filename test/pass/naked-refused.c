// The author of a naked function counts on every instruction.
// RUN: %kcc -O1 -S -emit-llvm %s -o - -ffunction-sections %k-remarks 2>&1 | FileCheck %s
__attribute__((naked)) void f(void) { asm("ret"); }
int g(int a) { return a; }
// CHECK: f: not instrumented: naked
// CHECK: g: instrumented, 1 block{{$}}
// CHECK-NOT: @__kcov8_cntrs.f
