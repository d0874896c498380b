; A module of rustc: the file of a function is debug info's; neither the codegen
; unit nor hashes of crates and instances count for IDs. (Whole builds: test/rust.)
; RUN: rm -rf %t && mkdir %t && cp %s %t/a.ll && cd %t
; RUN: sed -e 's/hello[.]1234-cgu[.]0/hello.5678-cgu.7/' -e 's/Cs1AdN8cFC2m1_/CsZZ_/' -e 's/17h6377e98749ffce9a/17h0000000000000001/' a.ll > b.ll
; RUN: sed 's/take<u8>/take<u16>/' a.ll > c.ll
; RUN: for i in a b c; do %opt -load-pass-plugin=%pass -passes='kcov8<no-ctor>' $i.ll -o $i.bc; %clang -c $i.bc -o $i.o; %dump ids $i.o | cut -d' ' -f1 | sort > $i; done
; RUN: cmp a b
; RUN: not cmp -s a c
; RUN: comm -12 a c | count 4
; RUN: %dump map a.o | FileCheck %s --check-prefix=UNIT
; RUN: env 'KCOV8_OPTIONS=remarks filter=src:shapes.rs,!fun:hello::Square*' %opt -load-pass-plugin=%pass -passes='kcov8<no-ctor>' a.ll -o /dev/null 2>&1 | FileCheck %s
; UNIT: unit src/hello.rs options
; CHECK: remark: src/hello.rs: main: not instrumented: made by rustc
; CHECK: remark: src/shapes.rs: _RNvCs1AdN8cFC2m1_5hello4area: instrumented, 3 blocks
; CHECK: remark: /rustc/library/core/src/mem.rs: _ZN4core3mem4take17h6377e98749ffce9aE: not instrumented: source is not in the allowlist
; CHECK: remark: src/shapes.rs: _RNvNtCs1AdN8cFC2m1_5hello6Square3new: not instrumented: function is in the ignorelist
source_filename = "hello.1234-cgu.0"
target triple = "x86_64-pc-linux-gnu"

define i32 @main() {
  ret i32 0
}

define i32 @_RNvCs1AdN8cFC2m1_5hello4area(i32 %x) !dbg !10 {
  %c = icmp ugt i32 %x, 5
  br i1 %c, label %large, label %small
large:
  %r = call i32 @_ZN4core3mem4take17h6377e98749ffce9aE(i32 %x), !dbg !20
  ret i32 %r
small:
  ret i32 0
}

define internal i32 @_ZN4core3mem4take17h6377e98749ffce9aE(i32 %x) !dbg !11 {
  ret i32 %x
}

define i32 @_RNvNtCs1AdN8cFC2m1_5hello6Square3new(i32 %x) !dbg !12 {
  ret i32 %x
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !2, producer: "rustc", isOptimized: false, runtimeVersion: 0, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "src/hello.rs/@/hello.1234-cgu.0", directory: "")
!3 = !DIFile(filename: "src/shapes.rs", directory: "")
!4 = !DIFile(filename: "/rustc/library/core/src/mem.rs", directory: "")
!5 = !DISubroutineType(types: !6)
!6 = !{}
!10 = distinct !DISubprogram(name: "area", scope: !3, file: !3, line: 3, type: !5, unit: !0, spFlags: DISPFlagDefinition)
!11 = distinct !DISubprogram(name: "take<u8>", scope: !4, file: !4, line: 9, type: !5, unit: !0, spFlags: DISPFlagDefinition | DISPFlagLocalToUnit)
!12 = distinct !DISubprogram(name: "new", scope: !3, file: !3, line: 12, type: !5, unit: !0, spFlags: DISPFlagDefinition)
!20 = !DILocation(line: 4, scope: !10)
