// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* match.c - the parts in their order, and blocks of equal IDs */
#include "match/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "match/linemap.h"

const struct tier_info tiers[N_TIERS] = {
    [TIER_SAME] = {"same", 0.9998, true},
    [TIER_EXACT] = {"exact", 0.988, true},
    [TIER_MOVED] = {"moved", 0.996, true},
    [TIER_RENAMED] = {"renamed", 0.997, true},
    [TIER_LINES] = {"lines", 0.995, true},
    [TIER_ORDER] = {"order", 0.931, false},
};

static uint32_t *no_matches(size_t n) {
  uint32_t *v = xcalloc(n, sizeof(*v));
  memset(v, 0xff, n * sizeof(*v));
  return v;
}

/* ---- IDs and keys -------------------------------------------------------- */

static enum tier tier_of(const struct match *m, uint32_t block,
                         uint32_t to_block) {
  const struct func *f = &m->from->funcs[m->from->blocks[block].func];
  const struct func *g = &m->to->funcs[m->to->blocks[to_block].func];
  return f->hash == g->hash && same_code(f, g) ? TIER_SAME : TIER_EXACT;
}

/* Both lists of blocks ascend by ID. */
static void match_ids(struct match *m) {
  const struct image *a = m->from, *b = m->to;
  for (size_t i = 0, j = 0; i < a->n_blocks && j < b->n_blocks;) {
    uint32_t x = a->by_pc[i], y = b->by_pc[j];
    uint64_t one = a->blocks[x].id, other = b->blocks[y].id;
    if (one == other && match_runs(b, y))
      match_pair(m, x, y, tier_of(m, x, y));
    i += one <= other;
    j += other <= one;
  }
}

struct key_at {
  uint32_t key, block;
};

static int compare_keys(const void *a, const void *b) {
  const struct key_at *x = a, *y = b;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->block > y->block) - (x->block < y->block);
}

/* Blocks of @f that can run and are not in @taken, by key. */
static struct key_at *keys_of(const struct image *img, const struct func *f,
                              const uint32_t *taken, size_t *n) {
  struct key_at *keys = xcalloc(f->n_blocks, sizeof(*keys));
  *n = 0;
  for (uint32_t i = 0; i < f->n_blocks; i++)
    if (match_runs(img, f->first_block + i) &&
        taken[f->first_block + i] == NO_MATCH)
      keys[(*n)++] = (struct key_at){f->keys[i], f->first_block + i};
  if (*n)
    qsort(keys, *n, sizeof(*keys), compare_keys);
  return keys;
}

static void match_twin(struct match *m, uint32_t func, enum tier tier) {
  size_t n, k;
  struct key_at *a = keys_of(m->from, &m->from->funcs[func], m->blocks, &n);
  struct key_at *b =
      keys_of(m->to, &m->to->funcs[m->funcs[func]], m->to_blocks, &k);
  for (size_t i = 0, j = 0; i < n && j < k;) {
    uint32_t one = a[i].key, other = b[j].key;
    if (one == other)
      match_pair(m, a[i].block, b[j].block, tier);
    i += one <= other;
    j += other <= one;
  }
  free(a);
  free(b);
}

void match_keys(struct match *m) {
  match_ids(m);
  for (uint32_t i = 0; i < m->from->n_funcs; i++)
    if (m->twins[i] == TWIN_MOVED || m->twins[i] == TWIN_RENAMED)
      match_twin(m, i, m->twins[i] == TWIN_MOVED ? TIER_MOVED : TIER_RENAMED);
}

/* ---- Interface ----------------------------------------------------------- */

void match_make(struct match *m, const struct image *from,
                const struct image *to) {
  *m = (struct match){
      .from = from,
      .to = to,
      .funcs = no_matches(from->n_funcs),
      .to_funcs = no_matches(to->n_funcs),
      .blocks = no_matches(from->n_blocks),
      .to_blocks = no_matches(to->n_blocks),
      .twins = xcalloc(from->n_funcs, 1),
      .tiers = xcalloc(from->n_blocks, 1),
  };
  memset(m->tiers, N_TIERS, from->n_blocks);
  match_funcs(m);
  match_keys(m);
  struct line_map map;
  line_map_make(&map, m);
  match_lines(m, &map);
  match_order(m, &map);
  line_map_free(&map);
}

void match_free(struct match *m) {
  free(m->funcs);
  free(m->to_funcs);
  free(m->blocks);
  free(m->to_blocks);
  free(m->twins);
  free(m->tiers);
  *m = (struct match){0};
}

bool match_kept(const struct match *m, uint32_t func) {
  const struct func *f = &m->from->funcs[func];
  if (m->twins[func] != TWIN_HASH)
    return false;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    if (match_runs(m->from, b) &&
        (m->tiers[b] != TIER_SAME ||
         m->to->blocks[m->blocks[b]].func != m->funcs[func]))
      return false;
  return true;
}
