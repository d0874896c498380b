// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * bzip2.c - compresses and decompresses a text made of words
 */
#include "bench.h"
#include "bzlib.h"
#include <stdlib.h>
#include <string.h>

enum { SIZE = 300000 };

static void make_text(char *text) {
  static const char *const words[] = {
      "block ",    "probe ", "counter ", "kernel ", "guest ",
      "the ",      "of ",    "a ",       "store, ", "load; ",
      "branch.\n", "0x1f ",  "returns ", "if "};
  uint64_t state = 88172645463325252u;
  for (size_t at = 0; at < SIZE;) {
    const uint64_t r = bench_random(&state);
    const char *word = words[r % (sizeof words / sizeof *words)];
    for (size_t i = 0; word[i] && at < SIZE; i++)
      text[at++] = r >> 60 ? word[i] : (char)(word[i] ^ (r >> 20 & 15));
  }
}

uint64_t bench_body(void) {
  static char text[SIZE], packed[SIZE + SIZE / 50 + 600], back[SIZE];
  unsigned packed_size = sizeof packed, back_size = sizeof back;
  uint64_t sum = 0;
  make_text(text);
  if (BZ2_bzBuffToBuffCompress(packed, &packed_size, text, SIZE, 3, 0, 30) !=
      BZ_OK)
    bench_die("compress");
  if (BZ2_bzBuffToBuffDecompress(back, &back_size, packed, packed_size, 0, 0) !=
          BZ_OK ||
      back_size != SIZE || memcmp(text, back, SIZE) != 0)
    bench_die("decompress");
  for (unsigned i = 0; i < packed_size; i++)
    sum = sum * 31 + (unsigned char)packed[i];
  return sum;
}

// Without the library's own: it would print and exit.
void bz_internal_error(int code) {
  (void)code;
  bench_die("bz_internal_error");
}
