// A block that does nothing but be unreachable is no block; a function of only
// that is refused.
// RUN: %kcc -O0 -g -S -emit-llvm %s -o - %k-remarks 2>&1 | FileCheck %s
int f(int a) {
  switch (a) {
  case 1: return 10;
  case 2: return 20;
  }
  __builtin_unreachable();
}
void never(void) { __builtin_unreachable(); }
// CHECK: f: instrumented, 4 blocks
// CHECK: never: not instrumented: nothing in it can run
