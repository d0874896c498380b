// Allow rules: of a kind that is there one must match, a kind that is not
// there allows all. Several lists add up.
// RUN: rm -rf %t && mkdir -p %t/fs && cp %s %t/fs/a.c && cd %t && echo 'fun:fa' > fa && \
// RUN:   echo 'fun:fb' > fb && echo 'src:fs/*' > srcs && echo 'src:net/*' > net
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-allowlist=fa 2>&1 | FileCheck %s --check-prefix=FA
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-allowlist=fa %k-allowlist=fb 2>&1 | \
// RUN:   FileCheck %s --check-prefix=BOTH
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-allowlist=srcs 2>&1 | FileCheck %s --check-prefix=SRC
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-allowlist=srcs %k-allowlist=fb 2>&1 | \
// RUN:   FileCheck %s --check-prefix=SRCFUN
// RUN: cd %t && %kcc -c fs/a.c -o a.o %k-remarks %k-allowlist=net %k-allowlist=fb 2>&1 | \
// RUN:   FileCheck %s --check-prefix=NET
int fa(int a) { return a; }
int fb(int a) { return a; }
// FA: fa: instrumented
// FA: fb: not instrumented: function is not in the allowlist
// BOTH: fa: instrumented
// BOTH: fb: instrumented
// SRC: fa: instrumented
// SRC: fb: instrumented
// SRCFUN: fa: not instrumented: function is not in the allowlist
// SRCFUN: fb: instrumented
// NET: fa: not instrumented: source is not in the allowlist
// NET: fb: not instrumented: source is not in the allowlist
