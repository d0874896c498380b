// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* remap.c - counters of one build as counters of another */
#include "index/remap.h"

#include <stdlib.h>

#include "base/progress.h"
#include "base/search.h"
#include "base/tool.h"
#include "index/carry.h"
#include "index/code.h"
#include "index/hits.h"
#include "index/marks.h"
#include "index/sql.h"
#include "index/tests.h"

/* Who hits @from may be held to hit @to. */
struct step {
  uint64_t from, to;
};

/**
 * struct stepping - from the counters of a build to those of the next
 * @steps: by @from
 * @hit:   by counter of the old build: a test did
 * @found: by the test at hand
 */
struct stepping {
  const struct match *m;
  enum tier last;
  uint64_t n_counters;
  struct step *steps;
  size_t n, cap;
  bool *hit;
  uint64_t *found;
  size_t n_found, cap_found;
};

/* ---- Counters ------------------------------------------------------------ */

/*
 * The counter that tells of @block. One that several others stand for has none:
 * nobody knows which of them it was.
 */
static uint64_t counter_of(const struct image *img, uint32_t block) {
  const struct block *b = &img->blocks[block];
  const struct func *f = &img->funcs[b->func];
  uint64_t counter = b->counter;
  if (counter != NO_COUNTER)
    return counter;
  const uint32_t *rules = f->keys + f->n_blocks;
  for (uint32_t r = 1; r <= rules[0]; r++) {
    if (f->first_block + (rules[r] & UINT16_MAX) != block)
      continue;
    if (counter != NO_COUNTER)
      return NO_COUNTER;
    counter = img->blocks[f->first_block + (rules[r] >> 16)].counter;
  }
  return counter;
}

static void add_step(void *to, uint64_t counter, uint32_t block) {
  struct stepping *s = to;
  if (counter >= s->n_counters || s->m->tiers[block] > s->last)
    return;
  uint64_t next = counter_of(s->m->to, s->m->blocks[block]);
  if (next == NO_COUNTER)
    return;
  s->steps = vec_push(s->steps, &s->n, &s->cap, sizeof(*s->steps));
  s->steps[s->n - 1] = (struct step){counter, next};
}

static int compare_steps(const void *a, const void *b) {
  const struct step *x = a, *y = b;
  if (x->from != y->from)
    return x->from < y->from ? -1 : 1;
  return (x->to > y->to) - (x->to < y->to);
}

static void make_steps(struct stepping *s) {
  const struct image *from = s->m->from;
  struct carry carry;
  carry_make(&carry, from, s->m->to);
  for (uint32_t i = 0; i < from->n_funcs; i++)
    if (carry_func(&carry, i) != CARRIED_SAME)
      counters_each(from, &from->funcs[i], add_step, s);
  carry_free(&carry);
  if (s->n)
    qsort(s->steps, s->n, sizeof(*s->steps), compare_steps);
}

/* ---- Tests --------------------------------------------------------------- */

static bool step_below(const void *element, const void *key) {
  return ((const struct step *)element)->from < *(const uint64_t *)key;
}

static void take_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct stepping *s = to;
  size_t i = lower_bound(s->steps, s->n, sizeof(*s->steps), step_below, &first);
  (void)value;
  for (uint64_t c = first; c < first + n; c++)
    s->hit[c] = true;
  for (; i < s->n && s->steps[i].from < first + n; i++) {
    s->found =
        vec_push(s->found, &s->n_found, &s->cap_found, sizeof(*s->found));
    s->found[s->n_found - 1] = s->steps[i].to;
  }
}

static int compare_counters(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static bool carry_test(struct stepping *s, struct index *ix, int64_t test,
                       int64_t image, int64_t origin, const void *bits,
                       size_t size) {
  struct hits hits = {0};
  struct byte_buffer bytes = {0};
  s->n_found = 0;
  if (!hits_runs(bits, size, s->n_counters, take_run, s))
    return fail(ix->path, "the index is damaged: hits outside their image");
  if (s->n_found)
    qsort(s->found, s->n_found, sizeof(*s->found), compare_counters);
  for (size_t i = 0; i < s->n_found; i++)
    if (!i || s->found[i] != s->found[i - 1])
      hits_add(&hits, s->found[i], 1);
  hits_encode(&hits, &bytes);
  bool ok = test_put_carried(ix, test, image, origin, bytes.bytes, bytes.n);
  hits_free(&hits);
  free(bytes.bytes);
  return ok;
}

/* Those that ran with the new build, too, need nothing. */
static bool carry_tests(struct stepping *s, struct index *ix, int64_t image,
                        int64_t origin, uint64_t *n_tests) {
  struct progress progress;
  int64_t n = 0;
  bool ok =
      sql_run(ix, "DELETE FROM carried WHERE image = ?", "i", image) &&
      sql_get(ix, &n, "SELECT count(*) FROM hits WHERE image = ?", "i", origin);
  struct rows rows =
      sql_query(ix,
                "SELECT test, bits FROM hits WHERE image = ?1 AND test NOT IN"
                " (SELECT test FROM hits WHERE image = ?2)",
                "ii", origin, image);
  progress_begin(&progress, "carrying tests", (uint64_t)n);
  while (ok && sql_next(&rows)) {
    size_t size;
    const void *bits = sql_bytes(&rows, 1, &size);
    ok = carry_test(s, ix, sql_int(&rows, 0), image, origin, bits, size);
    progress_at(&progress, ++*n_tests);
  }
  progress_end(&progress);
  return sql_end(&rows) && ok;
}

/* ---- Interface ----------------------------------------------------------- */

struct reaching {
  const bool *hit;
  uint64_t n_counters;
  bool *reached;
};

static void see_reached(void *to, uint64_t counter, uint32_t block) {
  const struct reaching *r = to;
  r->reached[block] |= counter < r->n_counters && r->hit[counter];
}

static bool image_row(struct index *ix, const struct image *img, int64_t *row) {
  *row = 0;
  return sql_get(
      ix, row, "SELECT id FROM image WHERE digest = ? AND n_counters = ?", "ii",
      (int64_t)img->digest, (int64_t)img->elf.tables[TABLE_COUNTERS].size);
}

bool index_remap(struct index *ix, const struct match *m, enum tier last,
                 struct index_remap *out) {
  const struct image *from = m->from;
  uint64_t n_counters = from->elf.tables[TABLE_COUNTERS].size;
  int64_t origin, image;
  *out = (struct index_remap){
      .reached = xcalloc(from->n_blocks, sizeof(*out->reached))};
  if (n_counters > UINT32_MAX)
    return fail(from->path, "damaged: an image with %llu counters",
                (unsigned long long)n_counters);
  if (!image_row(ix, from, &origin))
    return false;
  if (!origin)
    return fail(from->path, "no test of %s has it", ix->path);
  struct stepping s = {.m = m,
                       .last = last,
                       .n_counters = n_counters,
                       .hit = xcalloc(n_counters, sizeof(bool))};
  make_steps(&s);
  bool ok = index_add_image(ix, m->to, &image) &&
            (image != origin ||
             fail(from->path, "%s is the same build", m->to->path)) &&
            carry_tests(&s, ix, image, origin, &out->n_tests);
  struct reaching r = {s.hit, n_counters, out->reached};
  for (uint32_t i = 0; i < from->n_funcs; i++)
    counters_each(from, &from->funcs[i], see_reached, &r);
  free(s.steps);
  free(s.hit);
  free(s.found);
  return ok;
}

void index_remap_free(struct index_remap *out) { free(out->reached); }
