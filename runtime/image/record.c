/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * record.c - what the keys behind a function record say
 */
#include "image/record.h"

#include <kcov8/abi.h>

/*
 * Rules are sorted by implied block. Those blocks come last in the record, one
 * after the other, so the first rule names the first of them.
 */
const char *kcov8i_rules_check(const uint32_t *rules, uint32_t n_rules,
                               uint32_t n_blocks, uint32_t *n_counters) {
  const uint32_t first = n_rules ? rules[0] & UINT16_MAX : n_blocks;
  uint32_t next = first;
  for (uint32_t i = 0; i < n_rules; i++) {
    const uint32_t witness = rules[i] >> 16, implied = rules[i] & UINT16_MAX;
    next += implied == next;
    if (witness >= first || implied + 1 != next || implied >= n_blocks)
      return "a rule names a block that is not there";
  }
  if (next != n_blocks)
    return "a block has neither counter nor rule";
  *n_counters = first;
  return NULL;
}

uint64_t kcov8i_fingerprint_start(uint64_t counter_bytes) {
  return kcov8_mix64(counter_bytes);
}

uint64_t kcov8i_fingerprint_add(uint64_t h, uint64_t hash, uint64_t place,
                                const uint32_t *keys, uint32_t n_blocks) {
  h = kcov8_mix64(h ^ hash);
  h = kcov8_mix64(h ^ place);
  for (uint32_t b = 0; b < n_blocks; b++)
    h = kcov8_mix64(h ^ keys[b]);
  return h;
}

/* ---- Digest -------------------------------------------------------------- */

/* For a given word a bijection of @h, and the other way round. */
static uint64_t digest_step(uint64_t h, uint64_t word) {
  h ^= word;
  h = h << 29 | h >> 35;
  return h * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t word_pair(const kcov8i_word *w) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  typedef uint64_t __attribute__((may_alias, aligned(4))) both;
  return *(const both *)w; /* the same, in one load */
#else
  return w[0] | (uint64_t)w[1] << 32;
#endif
}

/* Four lanes, since a multiplication takes as long as four words. */
uint64_t kcov8i_digest(uint64_t h, const kcov8i_word *words, uint64_t n_words) {
  uint64_t a = h, b = h + 1, c = h + 2, d = h + 3;
  const uint64_t whole = n_words / 8 * 8;
  for (uint64_t i = 0; i < whole; i += 8) {
    a = digest_step(a, word_pair(words + i));
    b = digest_step(b, word_pair(words + i + 2));
    c = digest_step(c, word_pair(words + i + 4));
    d = digest_step(d, word_pair(words + i + 6));
  }
  for (uint64_t i = whole; i < n_words; i++)
    a = digest_step(a, words[i]);
  h = kcov8_mix64(h ^ n_words);
  h = kcov8_mix64(h ^ a);
  h = kcov8_mix64(h ^ b);
  h = kcov8_mix64(h ^ c);
  return kcov8_mix64(h ^ d);
}

uint64_t kcov8i_digest_start(uint64_t counter_bytes, int64_t to_counters,
                             int64_t to_keys) {
  uint64_t h = kcov8_mix64(counter_bytes);
  h = kcov8_mix64(h ^ (uint64_t)to_counters);
  return kcov8_mix64(h ^ (uint64_t)to_keys);
}
