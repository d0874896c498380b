// remarks: a line for each function that is defined, and nothing without it.
// They are no warnings: -w and -Werror do not change them.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c
// RUN: cd %t && for w in -w -Werror; do %kcc $w -O1 -c a.c -o a.o %k-remarks > out 2> err && \
// RUN:   count 0 < out && count 5 < err && FileCheck %s < err || { echo "failed: $w"; exit 1; }; done
// RUN: cd %t && %kcc -O1 -c a.c -o b.o 2>&1 | count 0
// RUN: cd %t && cmp a.o b.o
// RUN: cd %t && %kcc -O1 -c a.c -o a.o %k-remarks %k-place=early > err 2>&1 && count 5 < err
int declared(int);
int one(int a) { return declared(a); }
int many(int a) { return a ? declared(a) : 3; }
__attribute__((naked)) void bare(void) { __asm__(""); }
__attribute__((no_sanitize("coverage"))) int quiet(int a) { return a; }
static int local(int a) { return declared(a) + declared(a + 1); }
int (*user)(int) = local;
// CHECK-DAG: {{^}}kcov8: remark: a.c: one: instrumented, 1 block{{$}}
// CHECK-DAG: {{^}}kcov8: remark: a.c: many: instrumented, {{[234]}} blocks{{$}}
// CHECK-DAG: {{^}}kcov8: remark: a.c: bare: not instrumented: naked{{$}}
// CHECK-DAG: {{^}}kcov8: remark: a.c: quiet: not instrumented: no_sanitize("coverage"){{$}}
// CHECK-DAG: {{^}}kcov8: remark: a.c: local: instrumented, 1 block{{$}}
