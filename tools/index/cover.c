// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * cover.c - weighted set cover, lazily
 *
 * What a test adds only shrinks while others are chosen. So the heap holds what
 * each would have added when it was last looked at, and only the first one is
 * looked at again.
 */
#include "index/cover.h"

#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/tool.h"
#include "index/hits.h"
#include "index/sql.h"

/* ---- Reading ------------------------------------------------------------- */

static char *copy_text(const struct rows *rows, int column) {
  const char *text = sql_text(rows, column);
  return xstrndup(text, strlen(text));
}

static bool load_tests(struct cover *c, struct index *ix, const char *outcome) {
  struct rows rows = sql_query(ix,
                               "SELECT id, name, outcome, seconds FROM test"
                               " WHERE ?1 IS NULL OR outcome = ?1 ORDER BY id",
                               "t", outcome);
  while (sql_next(&rows)) {
    c->tests =
        vec_push(c->tests, &c->n_tests, &c->cap_tests, sizeof(*c->tests));
    c->tests[c->n_tests - 1] = (struct cover_test){
        .row = sql_int(&rows, 0),
        .name = copy_text(&rows, 1),
        .outcome = copy_text(&rows, 2),
        .seconds = sql_is_null(&rows, 3) ? -1 : sql_real(&rows, 3),
    };
  }
  return sql_end(&rows);
}

/* An image's counters begin at @first in those of all. */
struct placing {
  int64_t image;
  uint64_t first, n_counters;
};

static struct placing *load_images(struct cover *c, struct index *ix,
                                   size_t *n) {
  struct placing *all = NULL;
  size_t cap = 0;
  struct rows rows =
      sql_query(ix, "SELECT id, n_counters FROM image ORDER BY id", "");
  *n = 0;
  while (sql_next(&rows)) {
    uint64_t n_counters = (uint64_t)sql_int(&rows, 1);
    if (n_counters > UINT32_MAX) {
      rows.failed = true;
      fail(ix->path, "the index is damaged: an image with %llu counters",
           (unsigned long long)n_counters);
      break;
    }
    all = vec_push(all, n, &cap, sizeof(*all));
    all[*n - 1] =
        (struct placing){sql_int(&rows, 0), c->n_counters, n_counters};
    c->n_counters += n_counters;
  }
  if (!sql_end(&rows)) {
    free(all);
    return NULL;
  }
  return all ? all : xcalloc(1, sizeof(*all));
}

static const struct placing *find_image(const struct placing *all, size_t n,
                                        int64_t image) {
  for (size_t i = 0; i < n; i++)
    if (all[i].image == image)
      return &all[i];
  return NULL;
}

static bool add_hits(struct cover_test *t, const struct placing *p,
                     const struct rows *rows) {
  struct cover_hits h = {p->first, p->n_counters, NULL, 0};
  const void *bits = sql_bytes(rows, 1, &h.size);
  if (!hits_runs(bits, h.size, h.n_counters, NULL, NULL))
    return false;
  h.bits = xcalloc(h.size, 1);
  if (h.size)
    memcpy(h.bits, bits, h.size);
  t->hits = vec_push(t->hits, &t->n_hits, &t->cap_hits, sizeof(h));
  t->hits[t->n_hits - 1] = h;
  return true;
}

static bool load_hits(struct cover *c, struct index *ix,
                      const struct placing *images, size_t n_images) {
  bool ok = true;
  for (size_t i = 0; i < c->n_tests && ok; i++) {
    struct rows rows =
        sql_query(ix, "SELECT image, bits FROM hits WHERE test = ?", "i",
                  c->tests[i].row);
    while (ok && sql_next(&rows)) {
      const struct placing *p = find_image(images, n_images, sql_int(&rows, 0));
      ok = (p && add_hits(&c->tests[i], p, &rows)) ||
           fail(ix->path, "the index is damaged: hits outside their image");
    }
    ok = sql_end(&rows) && ok;
  }
  return ok;
}

/* ---- Choosing ------------------------------------------------------------ */

/**
 * struct choosing - on the way
 * @n_hits: by counter: how many of the chosen hit it
 * @first: of the image whose hits are being read
 * @sum:   of what is counted
 */
struct choosing {
  struct cover *c;
  uint32_t *n_hits;
  uint64_t first, sum;
};

static void each_hit(struct choosing *g, const struct cover_test *t,
                     void (*run)(void *to, uint64_t first, uint64_t n,
                                 uint32_t value)) {
  g->sum = 0;
  for (size_t i = 0; i < t->n_hits; i++) {
    const struct cover_hits *h = &t->hits[i];
    g->first = h->first;
    hits_runs(h->bits, h->size, h->n_counters, run, g);
  }
}

static void count_new(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct choosing *g = to;
  const uint32_t *hits = g->n_hits + g->first + first;
  (void)value;
  for (uint64_t i = 0; i < n; i++)
    g->sum += hits[i] == 0;
}

static void add(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct choosing *g = to;
  uint32_t *hits = g->n_hits + g->first + first;
  (void)value;
  for (uint64_t i = 0; i < n; i++)
    hits[i]++;
}

static void take_away(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct choosing *g = to;
  uint32_t *hits = g->n_hits + g->first + first;
  (void)value;
  for (uint64_t i = 0; i < n; i++)
    hits[i]--;
}

static void count_only(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct choosing *g = to;
  const uint32_t *hits = g->n_hits + g->first + first;
  (void)value;
  for (uint64_t i = 0; i < n; i++)
    g->sum += hits[i] == 1;
}

/* Tests that take no time would all be alike. */
#define LEAST_SECONDS 0.001

static void know_seconds(const struct cover *c, double *seconds) {
  double sum = 0;
  size_t n = 0;
  for (size_t i = 0; i < c->n_tests; i++)
    if (c->tests[i].seconds >= 0) {
      sum += c->tests[i].seconds;
      n++;
    }
  for (size_t i = 0; i < c->n_tests; i++) {
    double s = c->tests[i].seconds >= 0 ? c->tests[i].seconds
               : n                      ? sum / (double)n
                                        : 1;
    seconds[i] = s > LEAST_SECONDS ? s : LEAST_SECONDS;
  }
}

/* ---- A heap of tests, the best first ------------------------------------- */

struct heap {
  const struct cover *c;
  const double *seconds;
  size_t *v, n;
};

static bool is_better(const struct heap *h, size_t a, size_t b) {
  double x = (double)h->c->tests[a].gain * h->seconds[b];
  double y = (double)h->c->tests[b].gain * h->seconds[a];
  if (x != y)
    return x > y;
  return strcmp(h->c->tests[a].name, h->c->tests[b].name) < 0;
}

static void sift(struct heap *h, size_t i) {
  for (;;) {
    size_t best = i;
    for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < h->n; k++)
      if (is_better(h, h->v[k], h->v[best]))
        best = k;
    if (best == i)
      return;
    size_t t = h->v[i];
    h->v[i] = h->v[best];
    h->v[best] = t;
    i = best;
  }
}

static void choose_all(struct choosing *g, struct heap *h) {
  struct cover *c = g->c;
  struct progress progress;
  progress_begin(&progress, "choosing", c->n_reached);
  for (uint64_t reached = 0; h->n && c->tests[h->v[0]].gain;) {
    size_t first = h->v[0];
    uint64_t before = c->tests[first].gain;
    each_hit(g, &c->tests[first], count_new);
    c->tests[first].gain = g->sum;
    if (g->sum != before) {
      sift(h, 0);
      continue;
    }
    each_hit(g, &c->tests[first], add);
    c->chosen[c->n_chosen++] = first;
    c->tests[first].chosen = true;
    reached += before;
    progress_at(&progress, reached);
    h->v[0] = h->v[--h->n];
    sift(h, 0);
  }
  progress_end(&progress);
}

/* What came early may be needless by what came late. */
static void drop_needless(struct choosing *g) {
  struct cover *c = g->c;
  size_t n = 0;
  for (size_t i = 0; i < c->n_chosen; i++) {
    struct cover_test *t = &c->tests[c->chosen[i]];
    each_hit(g, t, count_only);
    if (g->sum == 0) {
      each_hit(g, t, take_away);
      t->chosen = false;
    } else {
      c->chosen[n++] = c->chosen[i];
    }
  }
  c->n_chosen = n;
}

static void choose(struct cover *c) {
  struct choosing g = {c, xcalloc(c->n_counters, sizeof(uint32_t)), 0, 0};
  double *seconds = xcalloc(c->n_tests, sizeof(*seconds));
  struct heap h = {c, seconds, xcalloc(c->n_tests, sizeof(size_t)), 0};
  know_seconds(c, seconds);
  for (size_t i = 0; i < c->n_tests; i++) {
    each_hit(&g, &c->tests[i], add);
    h.v[h.n++] = i;
  }
  for (uint64_t i = 0; i < c->n_counters; i++) {
    c->n_reached += g.n_hits[i] != 0;
    g.n_hits[i] = 0;
  }
  for (size_t i = 0; i < c->n_tests; i++) {
    each_hit(&g, &c->tests[i], count_new);
    c->tests[i].gain = g.sum;
  }
  for (size_t i = h.n / 2; i-- > 0;)
    sift(&h, i);
  c->chosen = xcalloc(c->n_tests, sizeof(*c->chosen));
  choose_all(&g, &h);
  drop_needless(&g);
  free(g.n_hits);
  free(h.v);
  free(seconds);
}

bool cover_make(struct cover *c, struct index *ix, const char *outcome) {
  size_t n_images;
  *c = (struct cover){0};
  struct placing *images = load_images(c, ix, &n_images);
  bool ok = images && load_tests(c, ix, outcome) &&
            load_hits(c, ix, images, n_images);
  free(images);
  if (ok)
    choose(c);
  return ok;
}

void cover_free(struct cover *c) {
  for (size_t i = 0; i < c->n_tests; i++) {
    for (size_t k = 0; k < c->tests[i].n_hits; k++)
      free(c->tests[i].hits[k].bits);
    free(c->tests[i].hits);
    free(c->tests[i].name);
    free(c->tests[i].outcome);
  }
  free(c->tests);
  free(c->chosen);
}
