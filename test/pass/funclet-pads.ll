; Windows' pads, run through opt for an ELF triple: a catchswitch block can hold
; no probe and is not listed; in catchpad and cleanuppad the probe follows the
; pad.
; RUN: %kopt -function-sections -passes='kcov8<probe=counter;no-prune>,verify' -S %s | FileCheck %s
target triple = "x86_64-pc-linux-gnu"
declare void @g()
define void @f() personality i32 7 {
entry:
  invoke void @g() to label %next unwind label %dispatch
next:
  invoke void @g() to label %done unwind label %clean
dispatch:
  %s = catchswitch within none [label %catch] unwind to caller
catch:
  %c = catchpad within %s []
  catchret from %c to label %done
clean:
  %p = cleanuppad within none []
  cleanupret from %p unwind to caller
done:
  ret void
}
; CHECK: @__kcov8_cntrs.f = private global [6 x i8]
; CHECK: dispatch:
; CHECK-NEXT: catchswitch
; CHECK: catchpad
; CHECK-NEXT: {{.*(load atomic i8|asm sideeffect "cmpb)}}
; CHECK: cleanuppad
; CHECK-NEXT: {{.*(load atomic i8|asm sideeffect "cmpb)}}
