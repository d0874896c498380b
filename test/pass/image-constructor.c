// One descriptor with constructor and destructor per image, in comdats, hidden;
// first and last to run; none with no-ctor, nor where nothing is instrumented.
// A program without the runtime does not link, rather than run uncovered.
// RUN: %kcc -O1 -S -emit-llvm %s -o - | FileCheck %s
// RUN: %kcc -O1 -S -emit-llvm %s -o - %k-no-ctor | FileCheck %s --check-prefix=NONE
// RUN: %kcc -O1 -S -emit-llvm %s -o - %k-filter=src:nothing | FileCheck %s --check-prefix=NONE
// RUN: not %kcc %s -o %t 2>&1 | FileCheck %s --check-prefix=LINK
// RUN: %kcc -O1 --target=aarch64-linux-gnu -mbranch-protection=standard -fno-omit-frame-pointer -S %s -o - \
// RUN:   | FileCheck %s --check-prefix=BTI
// RUN: %clang -c %S/Inputs/no-runtime.c -o %t-rt.o
// RUN: %kcc -c %s -o %t1.o && %kcc -Dmain=other -c %s -o %t2.o && %clang %t1.o %t2.o %t-rt.o -o %t && \
// RUN:   llvm-nm %t | grep -c __kcov8_image_ctor | grep -x 1
int main(void) { return 0; }
// CHECK: $__kcov8_image = comdat any
// CHECK: @__kcov8_image = linkonce_odr hidden global
// CHECK: @llvm.global_ctors = {{.*}} { i32 1, {{.*}}@__kcov8_image_ctor
// CHECK: @llvm.global_dtors = {{.*}} { i32 1, {{.*}}@__kcov8_image_dtor
// NONE-NOT: __kcov8_image
// LINK: __kcov8_image_register
// BTI: __kcov8_image_ctor:
// BTI: {{bti|paciasp|hint}}
// BTI: __kcov8_image_register
