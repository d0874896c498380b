// -fplugin-arg-kcov8-... without kcov8-options.so would be dropped by clang:
// refused, also from a response or configuration file, with several inputs,
// and behind -Xclang. Other plugins' arguments are not ours.
// RUN: rm -rf %t && mkdir %t && cp %s %t/a.c && cp %s %t/b.c && cd %t && \
// RUN:   echo '-fplugin-arg-kcov8-level=func' > line && echo '-O1 "-fplugin-arg-kcov8-remarks"' > quoted && \
// RUN:   echo '-O1 @line' > nested && echo '-O1 -g' > other
// RUN: cd %t && not %clang -fpass-plugin=%pass -c a.c -o a.o -fplugin-arg-kcov8-level=func 2>&1 | FileCheck %s
// RUN: cd %t && not %clang -fplugin=%pass -fpass-plugin=%pass -c a.c b.c -fplugin-arg-kcov8-level=func 2>&1 \
// RUN:   | FileCheck %s
// RUN: cd %t && not %clang -fpass-plugin=%pass -c a.c -o a.o -Xclang -plugin-arg-kcov8 -Xclang level=func \
// RUN:   2>&1 | FileCheck %s
// RUN: cd %t && for f in @line @quoted @nested '--config ./line'; do \
// RUN:   not %clang -fpass-plugin=%pass $f -c a.c -o a.o > out 2>&1 && FileCheck %s < out || \
// RUN:   { echo "failed: $f"; exit 1; }; done
// RUN: cd %t && ls | not grep '\.o$'
// RUN: cd %t && %kcc @line -c a.c -o a.o && %dump map a.o | FileCheck %s --check-prefix=ARRIVED
// RUN: cd %t && %clang -fpass-plugin=%pass @other -fplugin-arg-other-level=func -c a.c -o a.o && \
// RUN:   %dump map a.o | FileCheck %s --check-prefix=DEFAULT
int f(int a) { return a ? 3 : a; }
// CHECK: error: kcov8: -fplugin-arg-kcov8-... was given, but kcov8-options.so did not receive it
// ARRIVED: level=func
// DEFAULT: level=bb
