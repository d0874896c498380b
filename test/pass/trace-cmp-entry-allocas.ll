; Static allocas stay in the entry block, in front of the split.
; RUN: %kopt -passes='kcov8<trace-cmp>,verify' -S %s | FileCheck %s
target triple = "x86_64-unknown-linux-gnu"
; CHECK-LABEL: @f(
; CHECK: alloca i32
; CHECK: alloca i64
; CHECK: br i1
; CHECK-NOT: alloca
; CHECK: ret i1
define i1 @f(i32 %a) {
  %c = icmp eq i32 %a, 77
  %x = alloca i32
  store i32 %a, i32* %x
  %y = alloca i64
  store i64 1, i64* %y
  ret i1 %c
}
