; opt's pass parameters, separated by semicolons; kcov8 alone has the defaults.
; The environment gives way to them.
; RUN: %kopt -function-sections -passes='kcov8<level=edge;no-prune;probe=flag;unit=u;no-ctor;remarks>' -S %s 2>%t.err \
; RUN:   | FileCheck %s
; RUN: FileCheck %s --check-prefix=REMARK < %t.err
; RUN: %kopt -passes=kcov8 -S %s 2>%t.err | FileCheck %s --check-prefix=DEFAULT
; RUN: count 0 < %t.err
; RUN: env KCOV8_OPTIONS='probe=wrapping level=func' %kopt -function-sections \
; RUN:   -passes='kcov8<level=edge;no-prune;probe=flag;unit=u;no-ctor>' -S %s | FileCheck %s
; RUN: %kopt -passes='kcov8<>' -S %s | FileCheck %s --check-prefix=DEFAULT
target triple = "x86_64-pc-linux-gnu"
declare void @g()
define void @f(i1 %a) {
  br i1 %a, label %call, label %end
call:
  call void @g()
  br label %end
end:
  ret void
}
; Four blocks with the split edge; three without. The map is in the module's
; assembler text.
; CHECK: probe=flag no-prune level=edge place=late unit=u no-ctor
; CHECK: @__kcov8_cntrs.f = private global [4 x i8]
; CHECK-NOT: @__kcov8_image
; CHECK-NOT: load atomic
; CHECK: store atomic i8 1
; REMARK: f: instrumented, 4 blocks
; DEFAULT: probe=flag prune level=bb place=late
; DEFAULT: @__kcov8_cntrs.unit = private global [3 x i8]
; DEFAULT: @__kcov8_image
; DEFAULT: store atomic i8 1
