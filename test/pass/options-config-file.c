// A configuration file's -fplugin-arg-kcov8-... is not lost without a word
// either: --config=FILE, in newer clangs (--config FILE:
// options-frontend-plugin-missing.c).
// REQUIRES: llvm-ge-16
// RUN: echo '-O1 -fplugin-arg-kcov8-level=func' > %t.cfg
// RUN: not %clang -fpass-plugin=%pass --config=%t.cfg -c %s -o %t.o 2>&1 | FileCheck %s
// RUN: %kcc --config=%t.cfg -c %s -o %t.o && %dump map %t.o | FileCheck %s --check-prefix=ARRIVED
int f(int a) { return a ? 3 : a; }
// CHECK: error: kcov8: -fplugin-arg-kcov8-... was given, but kcov8-options.so did not receive it
// ARRIVED: level=func
