/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
int other(int x);

__attribute__((noinline)) static int deeper(volatile int *x) {
  if (*x > 5)
    *x = 5;
  return *x;
}

int other(int x) { return deeper(&x) + 1; }
