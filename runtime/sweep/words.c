/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * words.c - the sweep in words, for any CPU
 */
#include "sweep/sweep.h"

/* A word that may lie over any bytes. */
typedef uintptr_t __attribute__((may_alias)) word;

#define WORD sizeof(word)
#define STEP (4 * WORD) /* bytes looked at together */

static word load_word(const uint8_t *at) {
  return __atomic_load_n((const word *)(const void *)at, __ATOMIC_RELAXED);
}

/* Takes bytes [from, to); returns the new number of hits. */
static size_t take_bytes(uint8_t *bytes, size_t from, size_t to,
                         struct kcov8i_hit *hits, size_t n_hits) {
  for (size_t i = from; i < to; i++) {
    const uint8_t v = __atomic_load_n(&bytes[i], __ATOMIC_RELAXED);
    if (!v)
      continue;
    __atomic_store_n(&bytes[i], 0, __ATOMIC_RELAXED);
    hits[n_hits++] = (struct kcov8i_hit){(uint32_t)i, v};
  }
  return n_hits;
}

size_t kcov8i_sweep_words(uint8_t *bytes, size_t n, size_t *pos,
                          struct kcov8i_hit *hits) {
  size_t i = *pos, n_hits = 0;

  while (i < n && n_hits + STEP <= KCOV8I_BATCH) {
    const size_t ahead = (uintptr_t)(bytes + i) % WORD;
    if (ahead || n - i < STEP) {
      size_t to = ahead ? i + WORD - ahead : n;
      if (to > n)
        to = n;
      n_hits = take_bytes(bytes, i, to, hits, n_hits);
      i = to;
      continue;
    }
    for (; n - i >= STEP; i += STEP)
      if (load_word(bytes + i) | load_word(bytes + i + WORD) |
          load_word(bytes + i + 2 * WORD) | load_word(bytes + i + 3 * WORD))
        break;
    if (n - i < STEP)
      continue;
    for (size_t end = i + STEP; i < end; i += WORD)
      if (load_word(bytes + i))
        n_hits = take_bytes(bytes, i, i + WORD, hits, n_hits);
  }
  *pos = i;
  return n_hits;
}
