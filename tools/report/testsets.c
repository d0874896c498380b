// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* testsets.c - bitmaps, found again by a hash of their bytes */
#include "report/testsets.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

void testsets_init(struct testsets *t, const struct reach *reach) {
  *t = (struct testsets){
      .reach = reach,
      .n_words = (reach->n_tests + 63) / 64,
      .n_slots = 64,
      .slots = xcalloc(64, sizeof(*t->slots)),
      .cached = xcalloc(reach->n_nodes, sizeof(*t->cached)),
      .stamps = xcalloc(reach->n_nodes, sizeof(*t->stamps)),
  };
  t->sum = xcalloc(t->n_words, sizeof(*t->sum));
}

void testsets_free(struct testsets *t) {
  free(t->bits);
  free(t->uses);
  free(t->slots);
  free(t->cached);
  free(t->stamps);
  free(t->sum);
  *t = (struct testsets){0};
}

static size_t hash(const struct testsets *t, const uint64_t *bits) {
  uint64_t h = KCOV8_HASH_SEED;
  for (size_t i = 0; i < t->n_words; i++)
    h = kcov8_mix64(h ^ bits[i]);
  return (size_t)h;
}

static void put_slot(struct testsets *t, uint32_t set) {
  size_t at = hash(t, testsets_bits(t, set));
  while (t->slots[at & (t->n_slots - 1)])
    at++;
  t->slots[at & (t->n_slots - 1)] = set + 1;
}

static void grow_slots(struct testsets *t) {
  free(t->slots);
  t->n_slots *= 2;
  t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
  for (uint32_t i = 0; i < t->n; i++)
    put_slot(t, i);
}

/* The number of @t->sum, which becomes a set if it is none yet. */
static uint32_t take_sum(struct testsets *t) {
  const size_t bytes = t->n_words * sizeof(*t->bits);
  uint32_t set;
  for (size_t at = hash(t, t->sum);
       (set = t->slots[at & (t->n_slots - 1)]) != 0; at++)
    if (memcmp(testsets_bits(t, set - 1), t->sum, bytes) == 0)
      return set - 1;
  if (t->n == t->cap) {
    t->cap = t->cap ? 2 * t->cap : 64;
    t->bits = xrealloc(t->bits, t->cap, bytes);
    t->uses = xrealloc(t->uses, t->cap, sizeof(*t->uses));
  }
  set = (uint32_t)t->n++;
  memcpy(t->bits + set * t->n_words, t->sum, bytes);
  t->uses[set] = (struct testset_use){0};
  if (t->n * 2 > t->n_slots)
    grow_slots(t);
  else
    put_slot(t, set);
  return set;
}

void testsets_begin_union(struct testsets *t) {
  memset(t->sum, 0, t->n_words * sizeof(*t->sum));
}

void testsets_add(struct testsets *t, uint32_t set) {
  const uint64_t *bits = testsets_bits(t, set);
  for (size_t i = 0; i < t->n_words; i++)
    t->sum[i] |= bits[i];
}

uint32_t testsets_end_union(struct testsets *t) { return take_sum(t); }

void testsets_clear(struct testsets *t) {
  t->n = 0;
  t->stamp++;
  memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
  testsets_begin_union(t);
  take_sum(t);
}

uint32_t testsets_of_block(struct testsets *t, uint32_t image, uint32_t block) {
  const uint32_t of = t->reach->sets[image][block];
  if (t->stamps[of] == t->stamp)
    return t->cached[of];
  testsets_begin_union(t);
  for (uint32_t node = of; node != REACH_NOBODY;
       node = t->reach->nodes[node].before) {
    const uint32_t test = t->reach->nodes[node].test;
    t->sum[test / 64] |= UINT64_C(1) << test % 64;
  }
  t->stamps[of] = t->stamp;
  return t->cached[of] = take_sum(t);
}

/* Of the block, or of those that it is inlined into, if it ran there alone. */
static void add_block(struct testsets *t, const struct coverage *cov,
                      struct cov_block b, uint32_t **sets, size_t *n,
                      size_t *cap) {
  const struct cov_group *group = cov_inlined(cov, b);
  const struct cov_block *blocks = group ? group->blocks : &b;
  for (size_t i = 0; i < (group ? group->n : 1); i++) {
    *sets = vec_push(*sets, n, cap, sizeof(**sets));
    (*sets)[*n - 1] = testsets_of_block(t, blocks[i].image, blocks[i].block);
  }
}

uint32_t testsets_of_part(struct testsets *t, const struct coverage *cov,
                          const struct parts *parts, const struct part *part) {
  uint32_t *sets = NULL;
  size_t n = 0, cap = 0;
  /* Each has its number before the union begins: both use one bitmap. */
  for (uint32_t i = 0; i < part->n_blocks; i++)
    add_block(t, cov, parts->blocks[part->first + i], &sets, &n, &cap);
  if (n > 1) {
    testsets_begin_union(t);
    for (size_t i = 0; i < n; i++)
      testsets_add(t, sets[i]);
    sets[0] = testsets_end_union(t);
  }
  const uint32_t set = sets ? sets[0] : 0; /* a part has a block */
  free(sets);
  return set;
}
