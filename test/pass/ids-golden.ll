; Golden vectors of block keys: a change of one needs a new KCOV8_ABI_VERSION.
; In front of them the hash of the code, which is not frozen.
; One function for each way that equal blocks are told apart (docs/ids.md).
; RUN: %opt -load-pass-plugin=%pass -passes='kcov8<no-ctor;no-prune>' -S %s -o - | \
; RUN:   grep '^@__kcov8_keys' | FileCheck %s
; CHECK: [4 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 -131852409, i32 1457212367]
; CHECK: [6 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 423887406, i32 -252575586, i32 -273142051, i32 1457212367]
; CHECK: [6 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 477416564, i32 -673932101, i32 -273142051, i32 -82464943]
; CHECK: [6 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 423887406, i32 -252575586, i32 -273142051, i32 1457212367]
; CHECK: [5 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 -625991198, i32 1457212367, i32 -812172536]
; CHECK: [5 x i32] [i32 {{[-0-9]+}}, i32 -1001550867, i32 -625991198, i32 1457212367, i32 -812172536]
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

; Equal calls: the first is named after them, others after the way, too.
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

; Four equal calls: none is named after the call alone.
define void @four(i32 %x) {
entry:
  switch i32 %x, label %d [ i32 1, label %a
                            i32 2, label %b
                            i32 3, label %c ]
a:
  %p = call i32 @two(i32 1)
  ret void
b:
  %q = call i32 @two(i32 1)
  ret void
c:
  %r = call i32 @two(i32 1)
  ret void
d:
  %s = call i32 @two(i32 1)
  ret void
}

; Of three, the first is, in the order of the blocks, wherever branches go.
define void @three(i32 %x) {
entry:
  switch i32 %x, label %d [ i32 3, label %c
                            i32 2, label %b
                            i32 1, label %a ]
a:
  %p = call i32 @two(i32 1)
  ret void
b:
  %q = call i32 @two(i32 1)
  ret void
c:
  %r = call i32 @two(i32 1)
  ret void
d:
  ret void
}

; No part of a key: widths and signs of types, __builtin_expect, casts.
define void @long(i64 %x) {
entry:
  br label %a
a:
  %t = icmp ult i64 %x, 10
  br i1 %t, label %b, label %c
b:
  ret void
c:
  ret void
}
define void @short(i16 %x) {
entry:
  br label %a
a:
  %t = icmp slt i16 %x, 10
  %l = zext i1 %t to i64
  %e = call i64 @llvm.expect.i64(i64 %l, i64 1)
  %u = icmp ne i64 %e, 0
  br i1 %u, label %b, label %c
b:
  ret void
c:
  ret void
}
declare i64 @llvm.expect.i64(i64, i64)
