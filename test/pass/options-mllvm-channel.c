// -mllvm -kcov8-...: every option arrives; what may repeat adds up. It also
// adds up with the frontend's.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c && echo 'fun:f*' > %t/allow && echo 'fun:fa' > %t/ignore
// RUN: cd %t && %clang -fplugin=%pass -fpass-plugin=%pass -c a.c -o a.o -mllvm -kcov8-probe=flag -mllvm \
// RUN:   -kcov8-level=func -mllvm -kcov8-place=early -mllvm -kcov8-unit=u=1 -mllvm -kcov8-no-ctor -mllvm \
// RUN:   -kcov8-allowlist=allow -mllvm -kcov8-ignorelist=ignore -mllvm '-kcov8-filter=!fun:fb' -mllvm \
// RUN:   '-kcov8-filter=!fun:fc,src:a.c' -mllvm -kcov8-prefix-map=%t=P -mllvm -kcov8-remarks > out 2>&1
// RUN: cd %t && FileCheck %s --check-prefix=REMARK < out && %dump map a.o | FileCheck %s
// RUN: cd %t && %kcc -c a.c -o a.o -mllvm '-kcov8-filter=!fun:fb' '-fplugin-arg-kcov8-filter=!fun:fc' \
// RUN:   -fplugin-arg-kcov8-probe=flag && %dump map a.o | FileCheck %s --check-prefix=BOTH
int fa(int a) { return a; }
int fb(int a) { return a; }
int fc(int a) { return a; }
int fd(int a) { return a; }
// REMARK: P/a.c: fd: instrumented, 1 block
// CHECK: unit P/a.c options [probe=flag prune level=func place=early unit=u=1 no-ctor]
// CHECK-NEXT: rule P/allow:1 fun:f* hits 4
// CHECK-NEXT: rule P/ignore:1 fun:fa hits 1
// CHECK-NEXT: rule filter= !fun:fb hits 1
// CHECK-NEXT: rule filter= !fun:fc hits 1
// CHECK-NEXT: rule filter= src:a.c hits 1
// CHECK: func fd
// CHECK-NOT: func
// BOTH: unit a.c options [probe=flag prune level=bb place=late]
// BOTH: rule filter= !fun:fc hits 1
// BOTH-NEXT: rule filter= !fun:fb hits 1
// BOTH-NEXT: func fa
// BOTH-NEXT: {{^}}  block
// BOTH-NEXT: func fd
