// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* lines.c - blocks of the twin that are where the block must be now */
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "match/linemap.h"
#include "match/match.h"

/* Where a block is in the new build, or should be. @what: file, l0, c0, l1, c1
 */
struct place {
  uint32_t what[5], number, block;
};

/* How much of a place counts: all, or only where it begins. */
enum extent { ALL = 5, BEGIN = 3 };

static int compare_places(const struct place *a, const struct place *b,
                          enum extent extent) {
  for (int i = 0; i < (int)extent; i++)
    if (a->what[i] != b->what[i])
      return a->what[i] < b->what[i] ? -1 : 1;
  return 0;
}

static int compare_at(const struct place *a, const struct place *b,
                      enum extent extent) {
  int order = compare_places(a, b, extent);
  if (!order)
    order = (a->number > b->number) - (a->number < b->number);
  return order ? order : (a->block > b->block) - (a->block < b->block);
}

static int compare_all(const void *a, const void *b) {
  return compare_at(a, b, ALL);
}

static int compare_begin(const void *a, const void *b) {
  return compare_at(a, b, BEGIN);
}

static void sort_places(struct place *p, size_t n, enum extent extent) {
  if (n)
    qsort(p, n, sizeof(*p), extent == ALL ? compare_all : compare_begin);
}

/* Blocks of the old function that are looked for, where they should be. */
static size_t wanted_places(const struct match *m, const struct line_map *map,
                            const struct func *f, enum extent extent,
                            struct place *out) {
  size_t n = 0;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++) {
    const struct block *x = &m->from->blocks[b];
    struct line_pair first, last = {0};
    if (m->blocks[b] != NO_MATCH || !x->l0 || !match_runs(m->from, b) ||
        !line_map_find(map, false, x->file, x->l0, &first))
      continue;
    if (extent == ALL && (!line_map_find(map, false, x->file, x->l1, &last) ||
                          first.to_file != last.to_file))
      continue;
    out[n++] = (struct place){
        {first.to_file, first.to_line, x->c0, last.to_line, x->c1},
        x->number,
        b};
  }
  sort_places(out, n, extent);
  return n;
}

static size_t free_places(const struct match *m, const struct func *f,
                          enum extent extent, struct place *out) {
  size_t n = 0;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++) {
    const struct block *y = &m->to->blocks[b];
    if (m->to_blocks[b] == NO_MATCH && y->l0 && match_runs(m->to, b))
      out[n++] =
          (struct place){{y->file, y->l0, y->c0, y->l1, y->c1}, y->number, b};
  }
  sort_places(out, n, extent);
  return n;
}

static size_t end_of_place(const struct place *p, size_t n, size_t first,
                           enum extent extent) {
  size_t end = first;
  while (end < n && compare_places(&p[first], &p[end], extent) == 0)
    end++;
  return end;
}

/* As many on one place in both: in the order of the code. */
static void pair_places(struct match *m, const struct place *a, size_t n,
                        const struct place *b, size_t k, enum extent extent) {
  for (size_t i = 0, j = 0; i < n && j < k;) {
    size_t end = end_of_place(a, n, i, extent);
    size_t to_end = end_of_place(b, k, j, extent);
    int order = compare_places(&a[i], &b[j], extent);
    if (order == 0 && end - i == to_end - j)
      for (size_t at = i; at < end; at++)
        match_pair(m, a[at].block, b[j + (at - i)].block, TIER_LINES);
    i = order <= 0 ? end : i;
    j = order >= 0 ? to_end : j;
  }
}

void match_lines(struct match *m, const struct line_map *map) {
  static const enum extent extents[] = {ALL, BEGIN};
  struct place *a = xcalloc(m->from->n_blocks, sizeof(*a));
  struct place *b = xcalloc(m->to->n_blocks, sizeof(*b));
  for (uint32_t i = 0; i < m->from->n_funcs; i++) {
    if (m->funcs[i] == NO_MATCH)
      continue;
    const struct func *f = &m->from->funcs[i], *g = &m->to->funcs[m->funcs[i]];
    for (int e = 0; e < 2; e++) {
      size_t n = wanted_places(m, map, f, extents[e], a);
      if (n)
        pair_places(m, a, n, b, free_places(m, g, extents[e], b), extents[e]);
    }
  }
  free(a);
  free(b);
}
