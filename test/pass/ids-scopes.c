// Where scopes of locals end, clang adds blocks and a variable that says where
// to go on, but not without markers of lifetimes, as at -O0. Keys are the same.
//
// RUN: (%kcc -O1 -S -emit-llvm -Xclang -disable-lifetime-markers %s -o - && \
// RUN:  %kcc -O1 -S -emit-llvm %s -o -) | grep '^@__kcov8_keys' | FileCheck %s
// CHECK: [{{[0-9]}} x i32] [{{.*}}, i32 [[FILL:-?[0-9]+]], i32 [[NEXT:-?[0-9]+]], i32 [[RETURN:-?[0-9]+]]]
// CHECK: [{{[0-9]}} x i32] [{{.*}}i32 [[FILL]],{{.*}}i32 [[NEXT]],{{.*}}i32 [[RETURN]]
void fill(int *);
int test(const int *);
void next(int);

int first(int n) {
  for (int i = 0; i < n; i++) {
    int some[4];
    fill(some);
    if (test(some))
      return i;
    next(i);
  }
  return -1;
}
