/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * peers.c - what kcov8's sweep is compared with
 *
 * A file of its own: the compiler must not see the callers.
 */
#include "bench.h"

#include <string.h>

/* gVisor, pkg/coverage: every counter of every file, one by one. */
size_t byte_loop(uint8_t *bytes, size_t n, uint32_t *out) {
  size_t n_out = 0;
  for (size_t i = 0; i < n; i++) {
    const uint8_t v = __atomic_load_n(&bytes[i], __ATOMIC_RELAXED);
    if (!v)
      continue;
    __atomic_store_n(&bytes[i], 0, __ATOMIC_RELAXED);
    out[n_out++] = (uint32_t)i;
  }
  return n_out;
}

/* libFuzzer, ForEachNonZeroByte(): 8 bytes at a time, then one by one. */
size_t words_of_8(uint8_t *bytes, size_t n, uint32_t *out) {
  size_t n_out = 0, i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t word;
    memcpy(&word, bytes + i, 8);
    if (!word)
      continue;
    for (size_t b = 0; b < 8; b++)
      if (bytes[i + b]) {
        bytes[i + b] = 0;
        out[n_out++] = (uint32_t)(i + b);
      }
  }
  return n_out + byte_loop(bytes + i, n - i, out + n_out);
}

size_t read_memchr(uint8_t *bytes, size_t n) {
  return memchr(bytes, 0xa5, n) != NULL; /* never there */
}

size_t copy_memcpy(uint8_t *to, const uint8_t *bytes, size_t n) {
  memcpy(to, bytes, n);
  return 0;
}
