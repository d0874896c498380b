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
