; The copy that runs is in another object, with probes of its own.
; RUN: %kopt -function-sections -passes='kcov8<remarks>' -S %s 2>%t.err | FileCheck %s
; RUN: FileCheck %s --check-prefix=REMARK < %t.err
target triple = "x86_64-pc-linux-gnu"
define available_externally i32 @f(i32 %a) {
  ret i32 %a
}
define i32 @g(i32 %a) {
  %r = call i32 @f(i32 %a)
  ret i32 %r
}
; CHECK-NOT: @__kcov8_cntrs.f =
; CHECK: @__kcov8_cntrs.g =
; REMARK: f: not instrumented: available_externally
; REMARK: g: instrumented, 1 block{{$}}
