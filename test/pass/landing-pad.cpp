// In a landing pad the probe stands after the landingpad instruction.
// RUN: %kcxx %k-probe=counter %k-no-prune -O2 -S -emit-llvm %s -o %t.ll
// RUN: %opt -passes=verify %t.ll -disable-output
// RUN: FileCheck %s < %t.ll
// RUN: %kcxx %k-probe=counter %k-no-prune -O0 -c %s -o %t.o && %dump check %t.o
struct S { ~S(); };
void g();
void f() {
  S s;
  g();
}
// CHECK: landingpad
// CHECK-NEXT: cleanup
// CHECK-NEXT: {{.*(load atomic i8|asm sideeffect "cmpb)}}
