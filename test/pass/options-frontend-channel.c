// -fplugin-arg-kcov8-...: every option arrives; what may repeat adds up.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c && echo 'fun:f*' > %t/allow && echo 'fun:fa' > %t/ignore
// RUN: cd %t && %kcc -c a.c -o a.o -fplugin-arg-kcov8-probe=flag -fplugin-arg-kcov8-level=edge \
// RUN:   -fplugin-arg-kcov8-place=early -fplugin-arg-kcov8-unit=u=1 -fplugin-arg-kcov8-no-ctor \
// RUN:   -fplugin-arg-kcov8-allowlist=allow -fplugin-arg-kcov8-ignorelist=ignore \
// RUN:   '-fplugin-arg-kcov8-filter=!fun:fb' '-fplugin-arg-kcov8-filter=!fun:fc,src:a.c' \
// RUN:   -fplugin-arg-kcov8-prefix-map=%t=P -fplugin-arg-kcov8-remarks > out 2>&1
// RUN: cd %t && FileCheck %s --check-prefix=REMARK < out && %dump map a.o | FileCheck %s
int fa(int a) { return a; }
int fb(int a) { return a; }
int fc(int a) { return a; }
int fd(int a) { return a; }
// REMARK: P/a.c: fd: instrumented
// CHECK: unit P/a.c options [probe=flag prune level=edge place=early unit=u=1 no-ctor]
// CHECK-NEXT: rule P/allow:1 fun:f* hits 4
// CHECK-NEXT: rule P/ignore:1 fun:fa hits 1
// CHECK-NEXT: rule filter= !fun:fb hits 1
// CHECK-NEXT: rule filter= !fun:fc hits 1
// CHECK-NEXT: rule filter= src:a.c hits 1
// CHECK: func fd
// CHECK-NOT: func
