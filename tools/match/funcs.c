// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * funcs.c - functions of equal hash, of equal name, equal code, alike keys
 *
 * A key does not hold the name of its function, so a function that was moved or
 * renamed has the keys that it had.
 */
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "image/lookup.h"
#include "match/alike.h"
#include "match/match.h"

static void pair_funcs(struct match *m, uint32_t a, uint32_t b,
                       enum twin twin) {
  m->funcs[a] = b;
  m->to_funcs[b] = a;
  m->twins[a] = (uint8_t)twin;
}

/* Indices of functions in an order of the caller's. */
struct list {
  uint32_t *v;
  size_t n;
};

/* All functions, or (@taken) those without a twin that can run. */
static struct list list_funcs(const struct image *img, const uint32_t *taken,
                              int (*compare)(const void *a, const void *b,
                                             void *funcs)) {
  struct list l = {xcalloc(img->n_funcs, sizeof(*l.v)), 0};
  for (uint32_t i = 0; i < img->n_funcs; i++)
    if (!taken || (taken[i] == NO_MATCH && !img->funcs[i].discarded))
      l.v[l.n++] = i;
  if (l.n)
    qsort_r(l.v, l.n, sizeof(*l.v), compare, img->funcs);
  return l;
}

/* ---- Hash ---------------------------------------------------------------- */

/* Of several with one hash, the first is the first, and so on. */
static void by_hash(struct match *m) {
  struct list a = list_funcs(m->from, NULL, image_compare_hashes);
  struct list b = list_funcs(m->to, NULL, image_compare_hashes);
  for (size_t i = 0, j = 0; i < a.n && j < b.n;) {
    uint64_t one = m->from->funcs[a.v[i]].hash;
    uint64_t other = m->to->funcs[b.v[j]].hash;
    if (one == other)
      pair_funcs(m, a.v[i], b.v[j], TWIN_HASH);
    i += one <= other;
    j += other <= one;
  }
  free(a.v);
  free(b.v);
}

/* ---- Name ---------------------------------------------------------------- */

/* Functions of one name that are compared each with each. */
enum { MAX_NAMESAKES = 32 };

static int compare_names(const void *a, const void *b, void *funcs) {
  const struct func *f = funcs;
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  int order = strcmp(f[i].name, f[j].name);
  return order ? order : (i > j) - (i < j);
}

static size_t end_of_name(const struct image *img, const struct list *l,
                          size_t first) {
  const char *name = img->funcs[l->v[first]].name;
  size_t end = first;
  while (end < l->n && strcmp(img->funcs[l->v[end]].name, name) == 0)
    end++;
  return end;
}

/* The one of @n candidates that is most like @f; NO_MATCH if two are. */
static uint32_t most_alike(const struct image *img, const struct func *f,
                           const struct image *in, const uint32_t *candidates,
                           size_t n) {
  uint32_t best = NO_MATCH;
  double most = MOVED_ALIKE;
  for (size_t i = 0; i < n; i++) {
    double alike = funcs_alike(img, f, in, &in->funcs[candidates[i]]);
    if (alike > most || (alike == most && best == NO_MATCH))
      best = candidates[i];
    else if (alike == most)
      best = NO_MATCH;
    if (alike > most)
      most = alike;
  }
  return best;
}

static void pair_namesakes(struct match *m, const uint32_t *a, size_t n,
                           const uint32_t *b, size_t k) {
  if (n > MAX_NAMESAKES || k > MAX_NAMESAKES)
    return;
  for (size_t i = 0; i < n; i++) {
    uint32_t to = most_alike(m->from, &m->from->funcs[a[i]], m->to, b, k);
    if (to != NO_MATCH && m->to_funcs[to] == NO_MATCH &&
        most_alike(m->to, &m->to->funcs[to], m->from, a, n) == a[i])
      pair_funcs(m, a[i], to, TWIN_MOVED);
  }
}

static void by_name(struct match *m) {
  struct list a = list_funcs(m->from, m->funcs, compare_names);
  struct list b = list_funcs(m->to, m->to_funcs, compare_names);
  for (size_t i = 0, j = 0; i < a.n && j < b.n;) {
    int order = strcmp(m->from->funcs[a.v[i]].name, m->to->funcs[b.v[j]].name);
    size_t end = end_of_name(m->from, &a, i);
    size_t to_end = end_of_name(m->to, &b, j);
    if (order == 0)
      pair_namesakes(m, a.v + i, end - i, b.v + j, to_end - j);
    i = order <= 0 ? end : i;
    j = order >= 0 ? to_end : j;
  }
  free(a.v);
  free(b.v);
}

/* ---- Code ---------------------------------------------------------------- */

static int compare_codes(const void *a, const void *b, void *funcs) {
  const struct func *f = funcs;
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  if (f[i].code != f[j].code)
    return f[i].code < f[j].code ? -1 : 1;
  return (i > j) - (i < j);
}

static size_t end_of_code(const struct image *img, const struct list *l,
                          size_t first) {
  uint32_t code = img->funcs[l->v[first]].code;
  size_t end = first;
  while (end < l->n && img->funcs[l->v[end]].code == code)
    end++;
  return end;
}

/* Code that one function has in each build. */
static void by_code(struct match *m) {
  struct list a = list_funcs(m->from, m->funcs, compare_codes);
  struct list b = list_funcs(m->to, m->to_funcs, compare_codes);
  for (size_t i = 0, j = 0; i < a.n && j < b.n;) {
    const struct func *f = &m->from->funcs[a.v[i]];
    const struct func *g = &m->to->funcs[b.v[j]];
    size_t end = end_of_code(m->from, &a, i);
    size_t to_end = end_of_code(m->to, &b, j);
    if (same_code(f, g) && end - i == 1 && to_end - j == 1)
      pair_funcs(m, a.v[i], b.v[j], TWIN_RENAMED);
    uint32_t one = f->code, other = g->code;
    i = one <= other ? end : i;
    j = other <= one ? to_end : j;
  }
  free(a.v);
  free(b.v);
}

void match_funcs(struct match *m) {
  by_hash(m);
  by_name(m);
  by_code(m);
  struct alike_pair *pairs;
  size_t n = alike_find(m, &pairs);
  for (size_t i = 0; i < n; i++)
    pair_funcs(m, pairs[i].from, pairs[i].to, TWIN_RENAMED);
  free(pairs);
}
