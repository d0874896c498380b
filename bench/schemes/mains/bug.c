// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * bug.c - for mains that do not look at planted bugs
 */
#include "bug.h"

__attribute__((weak)) void bench_bug(unsigned number, int holds) {
  (void)number, (void)holds;
}
