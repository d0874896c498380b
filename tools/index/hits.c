// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* hits.c - ranges, since blocks that ran lie side by side */
#include "index/hits.h"

#include <stdlib.h>

#include "base/search.h"
#include "base/tool.h"
#include "image/dumpfile.h"

static uint64_t end_of(const struct hit_range *r) { return r->first + r->n; }

/* At or behind the first counter of the last range. */
static void append(struct hits *h, uint64_t first, uint64_t n) {
  if (h->n && first <= end_of(&h->ranges[h->n - 1])) {
    struct hit_range *last = &h->ranges[h->n - 1];
    if (first + n > end_of(last))
      last->n = first + n - last->first;
    return;
  }
  h->ranges = vec_push(h->ranges, &h->n, &h->cap, sizeof(*h->ranges));
  h->ranges[h->n - 1] = (struct hit_range){first, n};
}

void hits_add(struct hits *h, uint64_t first, uint64_t n) {
  struct hit_range range = {first, n};
  if (!n)
    return;
  if (!h->n || first >= h->ranges[h->n - 1].first)
    append(h, first, n);
  else
    hits_union(h, &(struct hits){&range, 1, 1});
}

void hits_union(struct hits *h, const struct hits *more) {
  struct hits sum = {0};
  for (size_t i = 0, j = 0; i < h->n || j < more->n;) {
    bool own = j == more->n ||
               (i < h->n && h->ranges[i].first <= more->ranges[j].first);
    const struct hit_range *r = own ? &h->ranges[i++] : &more->ranges[j++];
    append(&sum, r->first, r->n);
  }
  hits_free(h);
  *h = sum;
}

static bool ends_before(const void *range, const void *index) {
  return end_of(range) <= *(const uint64_t *)index;
}

bool hits_contains(const struct hits *h, uint64_t index) {
  size_t i =
      lower_bound(h->ranges, h->n, sizeof(*h->ranges), ends_before, &index);
  return i < h->n && h->ranges[i].first <= index;
}

uint64_t hits_count(const struct hits *h) {
  uint64_t n = 0;
  for (size_t i = 0; i < h->n; i++)
    n += h->ranges[i].n;
  return n;
}

void hits_encode(const struct hits *h, struct byte_buffer *to) {
  struct hit_encoder e = {.to = to};
  for (size_t i = 0; i < h->n; i++)
    hit_encode(&e, h->ranges[i].first, h->ranges[i].n, 1);
  hit_encode_end(&e);
}

bool hits_runs(const void *bytes, size_t n, uint64_t n_counters,
               void (*run)(void *to, uint64_t first, uint64_t n,
                           uint32_t value),
               void *to) {
  uint64_t next = 0;
  return dump_hits(bytes, n, n_counters, &next, run, to);
}

static void take_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct hits *h = to;
  if (value)
    append(h, first, n);
}

bool hits_decode(struct hits *h, const void *bytes, size_t n,
                 uint64_t n_counters) {
  return hits_runs(bytes, n, n_counters, take_run, h);
}

void hits_free(struct hits *h) {
  free(h->ranges);
  *h = (struct hits){0};
}
