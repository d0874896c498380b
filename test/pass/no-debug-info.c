// Without -g the map still knows the file, and blocks are function#N.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c
// RUN: cd %t && %kcov8_clang -O1 -g0 a.c -o x
// RUN: %kcov8 list %t/x | cut -f3- | sort | FileCheck %s
int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1)
    __builtin_printf("%d", argc);
  return 0;
}
// CHECK: {{^}}main#0{{[[:space:]]}}a.c:0.0,0.0{{$}}
// CHECK-NEXT: {{^}}main#1{{[[:space:]]}}a.c:0.0,0.0{{$}}
// CHECK-NEXT: {{^}}main#2{{[[:space:]]}}a.c:0.0,0.0{{$}}
// CHECK-NOT: {{.}}
