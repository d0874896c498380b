// Windows' structured exceptions can leave a block in the middle. (Compiled
// for Windows, instrumented as if for ELF: the pass sees the personality.)
// RUN: %clang -target x86_64-pc-windows-msvc -fms-extensions -O1 -S -emit-llvm %s -o %t.ll
// RUN: %kopt -function-sections -mtriple=x86_64-pc-linux-gnu -passes='kcov8<remarks>' -S %t.ll 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.err
void g(void);
int f(int a) {
  __try {
    g();
  } __except (1) {
    a++;
  }
  return a;
}
int plain(int a) { return a; }
// CHECK-NOT: @__kcov8_cntrs.f =
// CHECK: @__kcov8_cntrs.plain =
// REMARK: f: not instrumented: asynchronous exceptions
// REMARK: plain: instrumented
