// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * bzip2.c - decompresses the input; if it is none of bzip2's, compresses it,
 * and decompresses that
 */
#include "bzlib.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Several threads may be in here.
  static _Thread_local char input[ROOM], out[ROOM];
  unsigned length = sizeof out, back = sizeof input;
  if (size > sizeof input)
    return 0;
  memcpy(input, data, size);
  if (size > 2 && memcmp(data, "BZh", 3) == 0)
    BZ2_bzBuffToBuffDecompress(out, &length, input, (unsigned)size, 0, 0);
  else if (BZ2_bzBuffToBuffCompress(out, &length, input, (unsigned)size, 1, 0,
                                    30) == BZ_OK)
    BZ2_bzBuffToBuffDecompress(input, &back, out, length, 0, 0);
  return 0;
}

// Without the library's own: it would print and exit.
void bz_internal_error(int code) {
  (void)code;
  abort();
}
