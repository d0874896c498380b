// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* carry.c - searches by hash and by ID */
#include "index/carry.h"

#include <stdlib.h>

#include "base/search.h"
#include "base/tool.h"
#include "image/lookup.h"

void carry_make(struct carry *c, const struct image *from,
                const struct image *to) {
  *c = (struct carry){from, to, xcalloc(to->n_funcs, sizeof(uint32_t))};
  for (uint32_t i = 0; i < to->n_funcs; i++)
    c->by_hash[i] = i;
  if (to->n_funcs)
    qsort_r(c->by_hash, to->n_funcs, sizeof(uint32_t), image_compare_hashes,
            to->funcs);
}

void carry_free(struct carry *c) { free(c->by_hash); }

struct wanted {
  const struct func *funcs;
  uint64_t hash;
};

static bool hash_below(const void *element, const void *key) {
  const struct wanted *w = key;
  return w->funcs[*(const uint32_t *)element].hash < w->hash;
}

uint32_t carry_next(const struct carry *c, uint32_t func, size_t *at) {
  const struct image *to = c->to;
  uint64_t hash = c->from->funcs[func].hash;
  size_t i = *at ? *at
                 : lower_bound(c->by_hash, to->n_funcs, sizeof(uint32_t),
                               hash_below, &(struct wanted){to->funcs, hash});
  *at = i + 1;
  return i < to->n_funcs && to->funcs[c->by_hash[i]].hash == hash
             ? c->by_hash[i]
             : UINT32_MAX;
}

uint32_t carry_block(const struct carry *c, uint32_t block) {
  const struct block *b = image_find_id(c->to, c->from->blocks[block].id);
  return b ? (uint32_t)(b - c->to->blocks) : UINT32_MAX;
}

enum carried carry_func(const struct carry *c, uint32_t func) {
  const struct func *f = &c->from->funcs[func];
  size_t at = 0;
  uint32_t first = carry_next(c, func, &at);
  if (first == UINT32_MAX)
    return CARRIED_NOT;
  uint32_t in = UINT32_MAX;
  for (uint32_t i = 0; i < f->n_blocks; i++) {
    uint32_t block = carry_block(c, f->first_block + i);
    if (block == UINT32_MAX)
      return CARRIED_CHANGED;
    uint32_t owner = c->to->blocks[block].func;
    if (i && owner != in)
      return CARRIED_CHANGED;
    in = owner;
  }
  const struct func *g = &c->to->funcs[in];
  return g->code == f->code && g->n_blocks == f->n_blocks ? CARRIED_SAME
                                                          : CARRIED_CHANGED;
}
