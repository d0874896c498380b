// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * alike.c - functions without a twin, by the keys that few of them have
 *
 * Keys that many have (an empty block, a call of `abort') say little, and would
 * make this quadratic.
 */
#include "match/alike.h"

#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/search.h"
#include "base/tool.h"

/* A key that more functions have finds none; of those found, so many count. */
enum { MAX_HOLDERS = 16, MAX_CANDIDATES = 8 };

/* With fewer keys than these, beside the entry's, nothing is recognised. */
enum { MIN_KEYS = 2 };

static int compare_u32(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Keys of blocks that can run, ascending, without the entry's. */
static size_t sorted_keys(const struct image *img, const struct func *f,
                          uint32_t *keys) {
  size_t n = 0;
  for (uint32_t i = 0; i < f->n_blocks; i++) {
    uint32_t b = f->first_block + i;
    if (match_runs(img, b) && !(img->blocks[b].flags & KCOV8_BLOCK_ENTRY))
      keys[n++] = f->keys[i];
  }
  if (n)
    qsort(keys, n, sizeof(*keys), compare_u32);
  return n;
}

static double share_of(const uint32_t *a, size_t n, const uint32_t *b,
                       size_t k) {
  size_t both = 0;
  for (size_t i = 0, j = 0; i < n && j < k;) {
    both += a[i] == b[j];
    uint32_t one = a[i], other = b[j];
    i += one <= other;
    j += other <= one;
  }
  return n + k ? 2.0 * (double)both / (double)(n + k) : 1.0;
}

double funcs_alike(const struct image *a, const struct func *f,
                   const struct image *b, const struct func *g) {
  if (same_code(f, g))
    return 2;
  uint32_t *keys = xcalloc((size_t)f->n_blocks + g->n_blocks, sizeof(*keys));
  size_t n = sorted_keys(a, f, keys);
  size_t k = sorted_keys(b, g, keys + n);
  double alike = share_of(keys, n, keys + n, k);
  free(keys);
  return alike;
}

/* ---- Candidates ---------------------------------------------------------- */

/* Function @func has @key. */
struct holder {
  uint32_t key, func;
};

/**
 * struct side - the functions of one build that have no twin
 * @first: by function and one more: its first key in @keys
 * @holders: by key
 */
struct side {
  const struct image *img;
  size_t *first;
  uint32_t *keys;
  struct holder *holders;
  size_t n;
};

static int compare_holders(const void *a, const void *b) {
  const struct holder *x = a, *y = b;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->func > y->func) - (x->func < y->func);
}

static void make_side(struct side *s, const struct image *img,
                      const uint32_t *taken) {
  *s = (struct side){.img = img};
  s->first = xcalloc(img->n_funcs + 1, sizeof(*s->first));
  s->keys = xcalloc(img->n_blocks, sizeof(*s->keys));
  for (uint32_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    s->first[i] = s->n;
    if (taken[i] == NO_MATCH && !f->discarded && f->n_blocks > MIN_KEYS)
      s->n += sorted_keys(img, f, s->keys + s->n);
  }
  s->first[img->n_funcs] = s->n;
  s->holders = xcalloc(s->n, sizeof(*s->holders));
  for (uint32_t i = 0; i < img->n_funcs; i++)
    for (size_t k = s->first[i]; k < s->first[i + 1]; k++)
      s->holders[k] = (struct holder){s->keys[k], i};
  if (s->n)
    qsort(s->holders, s->n, sizeof(*s->holders), compare_holders);
}

static void free_side(struct side *s) {
  free(s->first);
  free(s->keys);
  free(s->holders);
}

static bool holder_below(const void *element, const void *key) {
  return ((const struct holder *)element)->key < *(const uint32_t *)key;
}

/**
 * struct search - for the functions that are most like one
 * @counts: by function of the other side: rare keys in common
 * @found:  those where that is not 0
 */
struct search {
  uint32_t *counts, *found;
  size_t n;
};

static void count_key(struct search *s, const struct side *in, uint32_t key) {
  size_t i =
      lower_bound(in->holders, in->n, sizeof(*in->holders), holder_below, &key);
  size_t end = i;
  while (end < in->n && in->holders[end].key == key && end - i <= MAX_HOLDERS)
    end++;
  if (end - i > MAX_HOLDERS)
    return;
  for (; i < end; i++)
    if (s->counts[in->holders[i].func]++ == 0)
      s->found[s->n++] = in->holders[i].func;
}

/* Of those found the next one with most in common; it is found no more. */
static uint32_t take_best(struct search *s) {
  uint32_t best = NO_MATCH;
  for (size_t i = 0; i < s->n; i++) {
    uint32_t f = s->found[i];
    if (s->counts[f] && (best == NO_MATCH || s->counts[f] > s->counts[best]))
      best = f;
  }
  if (best != NO_MATCH)
    s->counts[best] = 0;
  return best;
}

/* The function of @in that is most like @func; NO_MATCH if none or two are. */
static uint32_t best_of(struct search *s, const struct side *of, uint32_t func,
                        const struct side *in) {
  const uint32_t *keys = of->keys + of->first[func];
  size_t n = of->first[func + 1] - of->first[func];
  uint32_t best = NO_MATCH, f;
  double most = 0;
  s->n = 0;
  if (n < MIN_KEYS)
    return NO_MATCH;
  for (size_t i = 0; i < n; i++)
    if (!i || keys[i] != keys[i - 1])
      count_key(s, in, keys[i]);
  for (int i = 0; i < MAX_CANDIDATES && (f = take_best(s)) != NO_MATCH; i++) {
    size_t k = in->first[f + 1] - in->first[f];
    double alike =
        k < MIN_KEYS ? 0 : share_of(keys, n, in->keys + in->first[f], k);
    if (alike == most)
      best = NO_MATCH;
    if (alike <= most || alike < RENAMED_ALIKE)
      continue;
    best = f;
    most = alike;
  }
  for (size_t i = 0; i < s->n; i++)
    s->counts[s->found[i]] = 0;
  return best;
}

static uint32_t *all_best(const struct side *of, const struct side *in,
                          struct progress *progress, uint64_t done) {
  uint32_t *best = xcalloc(of->img->n_funcs, sizeof(*best));
  struct search s = {xcalloc(in->img->n_funcs, sizeof(uint32_t)),
                     xcalloc(in->img->n_funcs, sizeof(uint32_t)), 0};
  for (uint32_t i = 0; i < of->img->n_funcs; i++) {
    best[i] = best_of(&s, of, i, in);
    progress_at(progress, done + i);
  }
  free(s.counts);
  free(s.found);
  return best;
}

size_t alike_find(const struct match *m, struct alike_pair **pairs) {
  struct side from, to;
  struct progress progress;
  size_t n = 0;
  make_side(&from, m->from, m->funcs);
  make_side(&to, m->to, m->to_funcs);
  progress_begin(&progress, "comparing functions",
                 (uint64_t)m->from->n_funcs + m->to->n_funcs);
  uint32_t *best = all_best(&from, &to, &progress, 0);
  uint32_t *back = all_best(&to, &from, &progress, m->from->n_funcs);
  progress_end(&progress);
  *pairs = xcalloc(m->from->n_funcs, sizeof(**pairs));
  for (uint32_t i = 0; i < m->from->n_funcs; i++)
    if (best[i] != NO_MATCH && back[best[i]] == i)
      (*pairs)[n++] = (struct alike_pair){i, best[i]};
  free(best);
  free(back);
  free_side(&from);
  free_side(&to);
  return n;
}
