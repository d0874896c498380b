// Bitcode that has its probes gets no second set, at a later stage either.
// RUN: %kcc -O1 -c -emit-llvm %s -o %t.bc
// RUN: %kopt -passes='kcov8,kcov8' %t.bc -S | FileCheck %s
// RUN: %kcc -O1 -x ir -S -emit-llvm %t.bc -o - | FileCheck %s
int f(int a) { return a; }
// CHECK-COUNT-1: {{store atomic|asm sideeffect "cmpb}}
// CHECK-NOT: {{store atomic|asm sideeffect "cmpb}}
