// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * zstd.c - decompresses the input, as far as there is room
 */
#include "zstd.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 17 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *out = malloc(ROOM);
  // A context of its own: one that is used again has tables of earlier inputs.
  if (out)
    ZSTD_decompress(out, ROOM, data, size);
  free(out);
  return 0;
}
