// An ignore rule wins over every allow rule, wherever it stands.
// RUN: rm -rf %t && mkdir -p %t/fs && cp %s %t/fs/a.c && cd %t && echo 'fun:f*' > allow && \
// RUN:   echo 'fun:fa' > fa && echo 'src:fs/a.c' > srcs && echo 'src:net/*' > net
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-ignorelist=fa 2>&1 | FileCheck %s --check-prefix=FA
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-ignorelist=fa %k-allowlist=allow 2>&1 | \
// RUN:   FileCheck %s --check-prefix=FA
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-ignorelist=net %k-ignorelist=fa %k-filter=fun:fa,fun:fb \
// RUN:   2>&1 | FileCheck %s --check-prefix=FA
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-ignorelist=srcs %k-allowlist=allow > out 2>&1; \
// RUN:   FileCheck %s --check-prefix=FS < out
// RUN: cd %t && llvm-readelf -S a.o > sections && not grep -E '__kcov8_(cntrs|keys|funcs)' sections
int fa(int a) { return a; }
int fb(int a) { return a; }
// FA: fa: not instrumented: function is in the ignorelist
// FA: fb: instrumented
// FS: fa: not instrumented: source is in the ignorelist
// FS: fb: not instrumented: source is in the ignorelist
