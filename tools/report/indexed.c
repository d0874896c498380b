// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * indexed.c - the tests of an index, as lists of a report
 *
 * A test counts once for each block that it reached. Its last run may have been
 * with another build: then it counts for functions that have the same code in
 * both, and that it may have reached more is said.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "index/builds.h"
#include "index/carry.h"
#include "index/gather.h"
#include "index/hits.h"
#include "index/marks.h"
#include "index/sql.h"
#include "report/inputs.h"

/**
 * struct source - a build that tests ran with, and the image it counts for
 * @row:    in table image
 * @image:  index in inputs.images
 * @name:   of the image
 * @first:  by counter, and one more: the first of its blocks in @blocks, of the
 *          image: its own one, and those that it stands for
 * @own:    it is the image: hits that were carried to it count
 * @lost:   by counter: some of its blocks is not in the image any more
 * @stale:  tests that hit such a counter
 * @carried: tests with hits that were carried
 */
struct source {
  int64_t row;
  size_t image;
  const char *name;
  uint64_t n_counters;
  uint32_t *first, *blocks;
  bool own, *lost;
  size_t stale, carried;
};

/**
 * struct adding - an index whose tests are being added
 * @seen: by image and block: the last test that reached it, by number from 1
 */
struct adding {
  struct inputs *in;
  struct index ix;
  struct builds builds;
  struct source *sources;
  size_t n_sources, cap_sources;
  uint32_t **seen;
  uint32_t test;
};

/* ---- Counters to blocks -------------------------------------------------- */

/* What counters_each() is asked for: first how many, then which. */
struct filling {
  struct source *s;
  const struct carry *carry;
  bool same, placing;
};

static void fill(void *to, uint64_t counter, uint32_t block) {
  const struct filling *f = to;
  struct source *s = f->s;
  if (counter >= s->n_counters)
    return;
  if (!f->same)
    s->lost[counter] = true;
  else if (!f->placing)
    s->first[counter + 2]++;
  else
    s->blocks[s->first[counter + 1]++] =
        f->carry ? carry_block(f->carry, block) : block;
}

static void fill_source(struct source *s, const struct image *from,
                        const struct image *img) {
  struct carry carry;
  const bool other = from->digest != img->digest;
  if (other)
    carry_make(&carry, from, img);
  s->first = xcalloc(s->n_counters + 2, sizeof(*s->first));
  s->lost = xcalloc(s->n_counters, sizeof(*s->lost));
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t i = 0; i < from->n_funcs; i++) {
      struct filling f = {s, other ? &carry : NULL, true, pass == 1};
      f.same = !other || carry_func(&carry, i) == CARRIED_SAME;
      counters_each(from, &from->funcs[i], fill, &f);
    }
    for (uint64_t c = 2; pass == 0 && c < s->n_counters + 2; c++)
      s->first[c] += s->first[c - 1];
    if (pass == 0)
      s->blocks = xcalloc(s->first[s->n_counters + 1], sizeof(*s->blocks));
  }
  if (other)
    carry_free(&carry);
}

static bool add_source(struct adding *a, struct build *b, size_t image) {
  const struct image *img = a->in->images[image].img;
  const bool same = b->digest == img->digest;
  if (!b->has_hits && !(same && b->has_carried))
    return true;
  if (!same && !b->known) {
    warn(b->path, "tests ran with a build of it that the index does not have: "
                  "left out");
    a->in->unknown = true;
    return true;
  }
  const struct image *from = same ? img : builds_code(b, &a->ix);
  if (!from)
    return false;
  a->sources =
      vec_push(a->sources, &a->n_sources, &a->cap_sources, sizeof(*a->sources));
  struct source *s = &a->sources[a->n_sources - 1];
  *s = (struct source){.row = b->row,
                       .image = image,
                       .name = img->path,
                       .own = same,
                       .n_counters = b->n_counters};
  fill_source(s, from, img);
  return true;
}

/* ---- Images -------------------------------------------------------------- */

/* The newest build of each program, from the index alone. */
static bool add_images(struct adding *a) {
  for (size_t i = 0; i < a->builds.n; i++) {
    struct build *b = builds_newest(&a->builds, i);
    if (b->program != i)
      continue;
    if (!b->known) {
      warn(b->path, "the index has hits of it, but not its functions: left "
                    "out; add it with kcov8 index");
      a->in->unknown = true;
      continue;
    }
    struct code_image *code = xcalloc(1, sizeof(*code));
    if (!code_load(code, &a->ix, b->row, NULL, 0)) {
      code_free(code);
      free(code);
      return false;
    }
    inputs_push(a->in, &code->img, code);
  }
  return a->in->n_images ||
         fail(a->ix.path, "it has no images: nothing to report");
}

static bool add_sources(struct adding *a) {
  for (size_t i = 0; i < a->in->n_images; i++) {
    const struct image *img = a->in->images[i].img;
    const struct build *own = builds_find(&a->builds, img);
    size_t program = own ? own->program : 0;
    if (!own && !builds_program(&a->builds, img, &program)) {
      warn(img->path, "no test of %s has it", a->ix.path);
      continue;
    }
    for (size_t b = 0; b < a->builds.n; b++)
      if (a->builds.v[b].program == program &&
          !add_source(a, &a->builds.v[b], i))
        return false;
  }
  return true;
}

/* ---- Tests --------------------------------------------------------------- */

/* Hits of one test in one source; @lost: in a function that is not the same. */
struct hit_reader {
  struct adding *a;
  struct source *s;
  bool lost;
};

static void read_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct hit_reader *r = to;
  const struct source *s = r->s;
  uint32_t *seen = r->a->seen[s->image];
  (void)value;
  for (uint64_t c = first; c < first + n; c++) {
    r->lost |= s->lost[c];
    for (uint32_t i = s->first[c]; i < s->first[c + 1]; i++) {
      const uint32_t block = s->blocks[i];
      if (block == UINT32_MAX || seen[block] == r->a->test)
        continue;
      seen[block] = r->a->test;
      inputs_count(r->a->in, s->image, block, 1);
    }
  }
}

/* @carried: rows are such; becomes true if there is one */
static bool add_rows(struct adding *a, struct rows rows, bool are_carried,
                     bool *carried) {
  bool ok = true;
  while (ok && sql_next(&rows)) {
    size_t size;
    const void *bits = sql_bytes(&rows, 1, &size);
    for (size_t i = 0; ok && i < a->n_sources; i++) {
      struct source *s = &a->sources[i];
      struct hit_reader r = {a, s, false};
      if (s->row != sql_int(&rows, 0) || (are_carried && !s->own))
        continue;
      ok = hits_runs(bits, size, s->n_counters, read_run, &r) ||
           fail(a->ix.path, "the index is damaged: hits outside their image");
      *carried |= are_carried;
      s->carried += are_carried;
      s->stale += r.lost && !*carried;
    }
  }
  return sql_end(&rows) && ok;
}

static bool add_hits(struct adding *a, int64_t test) {
  bool carried = false;
  return add_rows(a,
                  sql_query(&a->ix,
                            "SELECT image, bits FROM carried WHERE test = ?",
                            "i", test),
                  true, &carried) &&
         add_rows(a,
                  sql_query(&a->ix,
                            "SELECT image, bits FROM hits WHERE test = ?", "i",
                            test),
                  false, &carried);
}

static bool add_tests(struct adding *a) {
  struct progress progress;
  int64_t n_tests = 0;
  bool ok = sql_get(&a->ix, &n_tests, "SELECT count(*) FROM test", "");
  uint64_t done = 0;
  if (a->in->reach && a->in->reach->n_tests + (uint64_t)n_tests > REACH_MAX)
    inputs_merge_tests(a->in);
  struct rows rows = sql_query(
      &a->ix, "SELECT id, name, outcome, seconds FROM test ORDER BY name", "");
  progress_begin(&progress, "reading tests", (uint64_t)n_tests);
  while (ok && sql_next(&rows)) {
    progress_at(&progress, ++done);
    if (!inputs_wants(a->in, sql_text(&rows, 1)))
      continue;
    a->test++;
    a->in->n_tests++;
    if (a->in->reach)
      reach_begin(a->in->reach, sql_text(&rows, 1), sql_text(&rows, 2),
                  sql_is_null(&rows, 3) ? -1 : sql_real(&rows, 3));
    ok = add_hits(a, sql_int(&rows, 0));
  }
  progress_end(&progress);
  return sql_end(&rows) && ok;
}

static void tell_stale(const struct adding *a) {
  for (size_t i = 0; i < a->n_sources; i++)
    if (a->sources[i].carried)
      warn(a->sources[i].name,
           "what %zu test%s reached in functions that have changed was carried "
           "to it, not measured",
           a->sources[i].carried, a->sources[i].carried == 1 ? "" : "s");
  for (size_t i = 0; i < a->n_sources; i++)
    if (a->sources[i].stale)
      warn(a->sources[i].name,
           "%zu test%s last ran with another build: functions that have "
           "changed since do not count for %s",
           a->sources[i].stale, a->sources[i].stale == 1 ? "" : "s",
           a->sources[i].stale == 1 ? "it" : "them");
}

bool inputs_add_index(struct inputs *in, const char *path) {
  struct adding a = {.in = in};
  struct gathered gathered;
  bool ok = index_open_gathered(&a.ix, path, &gathered) &&
            builds_load(&a.builds, &a.ix) && (in->n_images || add_images(&a)) &&
            add_sources(&a);
  if (ok) {
    in->unknown |= !gathered.complete;
    a.seen = xcalloc(in->n_images, sizeof(uint32_t *));
    for (size_t i = 0; i < in->n_images; i++)
      a.seen[i] = xcalloc(in->images[i].img->n_blocks, sizeof(uint32_t));
    ok = add_tests(&a);
    tell_stale(&a);
    for (size_t i = 0; i < in->n_images; i++)
      free(a.seen[i]);
  }
  free(a.seen);
  for (size_t i = 0; i < a.n_sources; i++) {
    free(a.sources[i].first);
    free(a.sources[i].blocks);
    free(a.sources[i].lost);
  }
  free(a.sources);
  builds_free(&a.builds);
  index_close(&a.ix);
  return ok;
}
