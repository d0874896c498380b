// With debug info a probe has line 0 in its function's scope: debuggers do not
// stop at it, no source line is charged; the verifier is content.
// RUN: %kcc -O2 -g -S -emit-llvm %s -o %t.ll && FileCheck %s < %t.ll && %opt -passes=verify -disable-output %t.ll
int f(int a) { return a; }
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}{{.*}} !dbg [[AT:![0-9]+]]
// CHECK: [[AT]] = !DILocation(line: 0, scope: [[F:![0-9]+]])
