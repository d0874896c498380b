/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
int other(int x);
int never(int x);

int never(int x) { return x ? other(x) : 3; }

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1)
    return never(argc);
  return other(argc) - 2;
}
