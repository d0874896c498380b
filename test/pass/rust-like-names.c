// Names that begin as Rust's do not make a module one of rustc: IDs and paths
// are the same with and without debug info, and where clang does not name itself.
// RUN: cd %S && %kcc -O0 -c rust-like-names.c -o %t.plain.o
// RUN: cd %S && %kcc -O0 -g -c rust-like-names.c -o %t.debug.o
// RUN: cd %S && %kcc -O0 -fno-ident -c rust-like-names.c -o %t.silent.o
// RUN: for i in plain debug silent; do %dump ids %t.$i.o | cut -d' ' -f1 > %t.$i; done
// RUN: cmp %t.plain %t.debug
// RUN: cmp %t.silent %t.debug
// RUN: %dump map %t.plain.o | FileCheck %s
// CHECK: unit rust-like-names.c options
int _RNG_next(int x) { return x ? 1 : 2; }
int _RInit(void) { return _RNG_next(3); }
