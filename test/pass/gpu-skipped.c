// Code for a GPU is the offloaded part of a host program: left alone without a
// word, with either place. The options are looked at all the same.
// RUN: for t in nvptx64-nvidia-cuda amdgcn-amd-amdhsa; do \
// RUN:   %clang --target=$t -nogpulib -O1 -S -emit-llvm %s -o %t.plain && for p in late early; do \
// RUN:   %kcc --target=$t -nogpulib -O1 -S -emit-llvm %s -o %t.ll %k-place=$p > %t.out 2>&1 && \
// RUN:   count 0 < %t.out && cmp %t.ll %t.plain || { echo "failed: $t $p"; exit 1; \
// RUN:   }; done; done
// RUN: not %kcc --target=nvptx64-nvidia-cuda -nogpulib -O1 -S -emit-llvm %s -o %t.ll %k-level=all 2>&1 | FileCheck %s
int f(int a) { return a ? 3 : a; }
// CHECK: error: kcov8: command line: option 'level': 'all' is none of func, bb, edge
