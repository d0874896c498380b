// Blocks whose address is taken keep their address: the probe goes inside.
// RUN: %kcc -O2 -S -emit-llvm %s -o - | FileCheck %s
// RUN: %kcc -O2 -c %s -o %t.o && %dump check %t.o
int f(const unsigned char *p) {
  static void *const to[] = {&&add, &&sub, &&end};
  int n = 0;
  goto *to[*p++];
add:
  n += *p;
  goto *to[*p++];
sub:
  n -= *p;
  goto *to[*p++];
end:
  return n;
}
// CHECK: blockaddress(@f
// CHECK-LABEL: define {{.*}}@f(
// CHECK-COUNT-4: store atomic i8
// CHECK-NOT: store atomic i8
