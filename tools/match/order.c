// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * order.c - blocks between the same blocks
 *
 * Of the blocks of two twins that were found again, the longest part that is in
 * the same order in both holds. Between two of those, in the order of the code,
 * as many blocks that were not found are each other's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "match/linemap.h"
#include "match/match.h"

/* In longer runs more is wrong than right is found (docs/ids.md). */
enum { MAX_RUN = 5 };

/* A block, by its number in the order of the code. */
struct at {
  uint32_t number, block;
};

static int compare_at(const void *a, const void *b) {
  const struct at *x = a, *y = b;
  if (x->number != y->number)
    return x->number < y->number ? -1 : 1;
  return (x->block > y->block) - (x->block < y->block);
}

static size_t order_blocks(const struct image *img, const struct func *f,
                           struct at *out) {
  size_t n = 0;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    if (match_runs(img, b))
      out[n++] = (struct at){img->blocks[b].number, b};
  if (n)
    qsort(out, n, sizeof(*out), compare_at);
  return n;
}

/**
 * struct work - room for one pair of functions
 * @a, @b: blocks of both in the order of the code
 * @rank:  by block of the new build: its index in @b
 * @tops, @back: of rising(): by length the last of a part; the one before
 * @kept:  by index in @a: it is in the part that is in order
 */
struct work {
  struct at *a, *b;
  uint32_t *rank, *tops, *back;
  bool *kept;
};

static bool is_pair(const struct match *m, const struct at *a,
                    const struct func *g) {
  uint32_t to = m->blocks[a->block];
  return to != NO_MATCH && to >= g->first_block &&
         to - g->first_block < g->n_blocks;
}

/* The longest part of pairs that rises in both. */
static void rising(const struct match *m, const struct func *g, struct work *w,
                   size_t n) {
  size_t longest = 0;
  for (uint32_t i = 0; i < n; i++) {
    w->kept[i] = false;
    if (!is_pair(m, &w->a[i], g))
      continue;
    uint32_t rank = w->rank[m->blocks[w->a[i].block]];
    size_t lo = 0;
    for (size_t hi = longest; lo < hi;) {
      size_t mid = lo + (hi - lo) / 2;
      if (w->rank[m->blocks[w->a[w->tops[mid]].block]] < rank)
        lo = mid + 1;
      else
        hi = mid;
    }
    w->back[i] = lo ? w->tops[lo - 1] : NO_MATCH;
    w->tops[lo] = i;
    longest += lo == longest;
  }
  for (uint32_t i = longest ? w->tops[longest - 1] : NO_MATCH; i != NO_MATCH;
       i = w->back[i])
    w->kept[i] = true;
}

/* Lines that are known say something else. */
static bool contradict(const struct match *m, const struct line_map *map,
                       uint32_t block, uint32_t to_block) {
  const struct block *x = &m->from->blocks[block];
  const struct block *y = &m->to->blocks[to_block];
  struct line_pair found;
  if (!x->l0 || !y->l0)
    return false;
  if (line_map_find(map, false, x->file, x->l0, &found) &&
      (found.to_file != y->file || found.to_line != y->l0))
    return true;
  return line_map_find(map, true, y->file, y->l0, &found) &&
         (found.to_file != x->file || found.to_line != x->l0);
}

/* Blocks in a[i, end) and b[j, to_end) that have no match: as many? */
static void pair_gap(struct match *m, const struct line_map *map,
                     const struct work *w, size_t i, size_t end, size_t j,
                     size_t to_end) {
  size_t n = 0, k = 0;
  for (size_t at = i; at < end; at++)
    n += m->blocks[w->a[at].block] == NO_MATCH;
  for (size_t at = j; at < to_end; at++)
    k += m->to_blocks[w->b[at].block] == NO_MATCH;
  if (!n || n != k || n > MAX_RUN)
    return;
  for (; i < end; i++) {
    if (m->blocks[w->a[i].block] != NO_MATCH)
      continue;
    while (m->to_blocks[w->b[j].block] != NO_MATCH)
      j++;
    if (!contradict(m, map, w->a[i].block, w->b[j].block))
      match_pair(m, w->a[i].block, w->b[j].block, TIER_ORDER);
    j++;
  }
}

static void order_func(struct match *m, const struct line_map *map,
                       struct work *w, uint32_t func) {
  const struct func *g = &m->to->funcs[m->funcs[func]];
  size_t n = order_blocks(m->from, &m->from->funcs[func], w->a);
  size_t k = order_blocks(m->to, g, w->b);
  for (uint32_t j = 0; j < k; j++)
    w->rank[w->b[j].block] = j;
  rising(m, g, w, n);
  size_t i = 0, j = 0;
  for (size_t at = 0; at <= n; at++) {
    if (at < n && !w->kept[at])
      continue;
    size_t to = at < n ? w->rank[m->blocks[w->a[at].block]] : k;
    pair_gap(m, map, w, i, at, j, to);
    i = at + 1;
    j = to + 1;
  }
}

static bool has_lost(const struct match *m, uint32_t func) {
  const struct func *f = &m->from->funcs[func];
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    if (m->blocks[b] == NO_MATCH)
      return true;
  return false;
}

void match_order(struct match *m, const struct line_map *map) {
  size_t n = m->from->n_blocks, k = m->to->n_blocks;
  struct work w = {
      .a = xcalloc(n, sizeof(*w.a)),
      .b = xcalloc(k, sizeof(*w.b)),
      .rank = xcalloc(k, sizeof(uint32_t)),
      .tops = xcalloc(n, sizeof(uint32_t)),
      .back = xcalloc(n, sizeof(uint32_t)),
      .kept = xcalloc(n, sizeof(bool)),
  };
  for (uint32_t i = 0; i < m->from->n_funcs; i++)
    if (m->funcs[i] != NO_MATCH && has_lost(m, i))
      order_func(m, map, &w, i);
  free(w.a);
  free(w.b);
  free(w.rank);
  free(w.tops);
  free(w.back);
  free(w.kept);
}
