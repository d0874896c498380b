; .llvm.N and .__uniq.N are not part of a function's identity: same IDs.
; RUN: %opt -load-pass-plugin=%pass -function-sections -passes='kcov8<no-ctor>' -S %s -o - | FileCheck %s
; RUN: sed 's/@f\.[a-z_]*\.[0-9]*/@f/' %s > %t.ll
; RUN: %opt -load-pass-plugin=%pass -function-sections -passes='kcov8<no-ctor>' -S %s -o - | \
; RUN:   grep '__kcov8_func' | grep -o 'i64 [-0-9]*' | head -n 1 > %t.1
; RUN: cd %S && %opt -load-pass-plugin=%pass -function-sections -passes='kcov8<no-ctor>' -S %t.ll -o - | \
; RUN:   grep '__kcov8_func' | grep -o 'i64 [-0-9]*' | head -n 1 > %t.2
; RUN: cmp %t.1 %t.2
; CHECK: @__kcov8_func.f.llvm.123 =
source_filename = "x.c"
target triple = "x86_64-unknown-linux-gnu"
define i32 @f.llvm.123(i32 %x) {
  ret i32 %x
}
