/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * bzip2.c - streams in small pieces, good and bad ones
 *
 *   calls   a window is one call of the library
 *   rows    windows end in its allocator, too
 *   exit N  in the N-th allocation
 */
#include "window.h"

#include "bzlib.h"
#include <stdlib.h>
#include <string.h>

static int in_callbacks, leave_at, callbacks;

static void *allocate(void *ctx, int n, int bytes) {
  (void)ctx;
  callbacks++;
  if (in_callbacks)
    window_end("inside");
  if (callbacks == leave_at)
    exit(0);
  return malloc((size_t)n * (size_t)bytes);
}

static void release(void *ctx, void *p) {
  (void)ctx;
  if (p && in_callbacks)
    window_end("inside");
  free(p);
}

static bz_stream stream(char *in, unsigned n, char *out, unsigned room) {
  bz_stream s = {.bzalloc = allocate, .bzfree = release};
  s.next_in = in, s.avail_in = n, s.next_out = out, s.avail_out = room;
  return s;
}

static char text[60000], packed[70000], back[60000];

static unsigned pack(unsigned n) {
  bz_stream s = stream(text, n, packed, 0);
  int step;
  BZ2_bzCompressInit(&s, 1, 0, 30);
  window_end("call");
  do {
    s.avail_out = 500;
    step = BZ2_bzCompress(&s, BZ_FINISH);
    window_end("call");
  } while (step == BZ_FINISH_OK);
  const unsigned size = s.total_out_lo32;
  BZ2_bzCompressEnd(&s);
  window_end("call");
  return size;
}

static void unpack(unsigned size, int small) {
  bz_stream s = stream(packed, 0, back, sizeof back);
  int step = BZ_OK;
  BZ2_bzDecompressInit(&s, 0, small);
  window_end("call");
  for (unsigned at = 0; at < size && step == BZ_OK; at += 700) {
    s.avail_in += size - at < 700 ? size - at : 700;
    step = BZ2_bzDecompress(&s);
    window_end("call");
  }
  BZ2_bzDecompressEnd(&s);
  window_end("call");
}

int main(int argc, char **argv) {
  in_callbacks = argc > 1 && !strcmp(argv[1], "rows");
  leave_at = argc > 2 ? atoi(argv[2]) : 0;
  window_start();
  unsigned state = 1;
  for (unsigned i = 0; i < sizeof text; i++) {
    state = state * 1103515245 + 12345;
    text[i] = i < 20000 ? 'a' : "counter block "[state >> 16 & 7];
  }
  static const unsigned sizes[] = {0, 1, 300, 25000, sizeof text};
  for (unsigned i = 0; i < 5; i++) {
    const unsigned size = pack(sizes[i]);
    unpack(size, i & 1);
    packed[size / 2] ^= 4;
    unpack(size, 0);
  }
  return 0;
}

void bz_internal_error(int code) {
  (void)code;
  exit(3);
}
