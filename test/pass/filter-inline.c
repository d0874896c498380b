// filter=: rules between commas, ! for ignore rules, blanks around them do not
// count, a comma inside a set does not separate; several filters add up.
// The wrapper hands it on in one piece.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c && cp %s %t/a,b.c && echo 'fun:fc' > %t/list
// RUN: cd %t && %kcc -c a.c -o a.o '%k-filter= src:a.c , !fun:fa,!fun:f[,b]' && %dump map a.o | FileCheck %s
// RUN: cd %t && %kcc -c a,b.c -o a.o '%k-filter=src:a[,]b.c,fun:f[!,a]' && %dump map a.o | \
// RUN:   FileCheck %s --check-prefix=COMMA
// RUN: cd %t && %kcc -c a.c -o a.o '%k-filter=fun:fa' '%k-filter=fun:fb' %k-allowlist=list \
// RUN:   '%k-filter=!fun:fa' && %dump map a.o | FileCheck %s --check-prefix=SUM
// RUN: cd %t && %kcov8_clang --kcov8-remarks '--kcov8-filter=src:a.c,!fun:f[!b,]' -c a.c -o a.o 2>&1 | \
// RUN:   FileCheck %s --check-prefix=WRAPPER
int fa(int a) { return a; }
int fb(int a) { return a; }
int fc(int a) { return a; }
int fd(int a) { return a; }
// WRAPPER: fa: not instrumented: function is in the ignorelist
// WRAPPER: fb: instrumented
// CHECK: rule filter= src:a.c hits 1
// CHECK-NEXT: rule filter= !fun:fa hits 1
// CHECK-NEXT: rule filter= !fun:f[,b] hits 1
// CHECK-NEXT: func fc
// CHECK: func fd
// COMMA: unit a,b.c
// COMMA-NEXT: rule filter= src:a[,]b.c hits 1
// COMMA-NEXT: rule filter= fun:f[!,a] hits 3
// COMMA-NEXT: func fb
// SUM-NOT: func fa
// SUM: func fb
// SUM: func fc
// SUM-NOT: func fd
