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
  static _Thread_local ZSTD_DCtx *context;
  static _Thread_local char *out;
  if (!context) {
    context = ZSTD_createDCtx();
    out = malloc(ROOM);
  }
  if (!context || !out)
    return 0;
  ZSTD_decompressDCtx(context, out, ROOM, data, size);
  return 0;
}
