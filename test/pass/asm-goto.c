// asm goto (Linux's jump labels): the code after the callbr and its targets
// have probes; nothing stands between it and the end of its own block.
// RUN: %kcc -O2 -S -emit-llvm %s -o - -ffunction-sections | FileCheck %s
// RUN: %kcc -O0 -c %s -o %t.o && %dump check %t.o
// RUN: %kcc -O2 -c %s -o %t.o && %dump check %t.o
// RUN: %kcc -O2 -c %s -o %t.o %k-place=early && %dump check %t.o
void slow(void);
int f(int a) {
  asm goto("1: nop\n.pushsection .jump,\"aw\"\n.dc.a 1b, %l0\n.popsection"
           : : : : on);
  return a;
on:
  slow();
  return a + 1;
}
// CHECK: @__kcov8_cntrs.f = private global [3 x i8]
// CHECK-LABEL: define {{.*}}@f(
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK-NEXT: callbr
// CHECK-NEXT: to label
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK-NEXT: {{tail call|call}} void @slow
// CHECK: {{store atomic i8|asm sideeffect "cmpb}}
// CHECK-NEXT: ret
