// KCOV8_OPTIONS: words separated by blanks. Each gives way to the same word on
// the line, in either channel; the others stay, lists add up.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c
// RUN: cd %t && env KCOV8_OPTIONS='  level=edge  probe=flag unit=u no-ctor filter=!fun:fa ' %clang \
// RUN:   -fpass-plugin=%pass -c a.c -o a.o && %dump map a.o | FileCheck %s --check-prefix=ENV
// RUN: cd %t && env KCOV8_OPTIONS='level=edge probe=flag filter=!fun:fa' %kcc -c a.c -o a.o \
// RUN:   -fplugin-arg-kcov8-level=func '-fplugin-arg-kcov8-filter=!fun:fb' && %dump map a.o | \
// RUN:   FileCheck %s --check-prefix=LINE
// RUN: cd %t && env KCOV8_OPTIONS='level=edge probe=flag filter=!fun:fa' %kcc -c a.c -o a.o -mllvm \
// RUN:   -kcov8-level=func -mllvm '-kcov8-filter=!fun:fb' && %dump map a.o | FileCheck %s --check-prefix=LINE
// RUN: cd %t && env KCOV8_OPTIONS= %kcc -c a.c -o a.o && %dump map a.o | FileCheck %s --check-prefix=DEFAULT
// RUN: cd %t && not env KCOV8_OPTIONS='level=edge level=bb' %kcc -c a.c -o a.o \
// RUN:   -fplugin-arg-kcov8-level=func 2>&1 | FileCheck %s --check-prefix=TWICE
int fa(int a) { return a; }
int fb(int a) { return a; }
int fc(int a) { return a; }
// ENV: unit a.c options [probe=flag prune level=edge place=late unit=u no-ctor]
// ENV: func fb
// ENV: func fc
// LINE: unit a.c options [probe=flag prune level=func place=late]
// LINE-NEXT: rule filter= !fun:fa hits 1
// LINE-NEXT: rule filter= !fun:fb hits 1
// LINE-NEXT: func fc
// DEFAULT: unit a.c options [probe=flag prune level=bb place=late]
// DEFAULT: func fa
// TWICE: error: kcov8: KCOV8_OPTIONS: option 'level' given twice: 'edge' and 'bb'
