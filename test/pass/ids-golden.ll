; Golden vectors of block keys: a change of one needs a new KCOV8_ABI_VERSION.
; In front of them the hash of the code, which is not frozen.
; One function for each way that equal blocks are told apart (docs/ids.md).
; RUN: %opt -load-pass-plugin=%pass -passes='kcov8<no-ctor;no-prune>' -S %s -o - | \
; RUN:   grep '^@__kcov8_keys' | FileCheck %s
; CHECK: [4 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 -388779964, i32 1457212367]
; CHECK: [6 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 1666136495, i32 -2127772010, i32 -1922920160, i32 1457212367]
source_filename = "golden.c"
target triple = "x86_64-unknown-linux-gnu"

declare i32 @one(i32)
declare i32 @two(i32)

; Entry, a rough key, one with a callee's name, an integer (not in it).
define i32 @rough(i32 %x) {
entry:
  %c = icmp slt i32 %x, 10
  br i1 %c, label %a, label %b
a:
  %y = call i32 @one(i32 3)
  ret i32 %y
b:
  ret i32 0
}

; Equal calls, then arithmetic; then a constant; then the way.
define i32 @equal(i32 %x) {
entry:
  switch i32 %x, label %d [ i32 1, label %a
                            i32 2, label %b
                            i32 3, label %c ]
a:
  %p = call i32 @two(i32 1)
  ret i32 %p
b:
  %q = call i32 @two(i32 1)
  %r = add i32 %q, 100
  ret i32 %r
c:
  %s = call i32 @two(i32 1)
  ret i32 %s
d:
  ret i32 7
}
