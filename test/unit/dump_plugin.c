/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dump_plugin.c - a library for test_dump.sh; its blocks have the IDs of the
 * program's, so that all its PCs move
 */
#include "dump_image.h"

void run_plugin(void);

void run_plugin(void) {
  run(2);
  run(7);
}
