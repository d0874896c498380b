/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * inputs.c - a target's corpus, a window an input: inputs LIST
 */
#define _GNU_SOURCE
#include "window.h"

#include "../mains/inputs.h"

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  const struct inputs inputs = inputs_read(argv[1]);
  window_start();
  for (size_t i = 0; i < inputs.count; i++) {
    LLVMFuzzerTestOneInput(inputs.all[i].bytes, inputs.all[i].size);
    window_end("call");
  }
  return 0;
}
