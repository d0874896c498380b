// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* marks.c - one byte a counter, and one pass over the hits of an image */
#include "index/marks.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "index/hits.h"
#include "index/sql.h"

bool marks_make(struct marks *m, const char *path, int64_t image,
                uint64_t n_counters) {
  *m = (struct marks){.image = image};
  if (n_counters > UINT32_MAX)
    return fail(path, "damaged: an image with %llu counters",
                (unsigned long long)n_counters);
  m->n_counters = n_counters;
  m->of = xcalloc(n_counters, 1);
  m->any = xcalloc(n_counters, 1);
  return true;
}

void marks_free(struct marks *m) {
  free(m->of);
  free(m->any);
}

/* ---- Blocks and counters ------------------------------------------------- */

void counters_each(const struct image *img, const struct func *f,
                   void (*use)(void *to, uint64_t counter, uint32_t block),
                   void *to) {
  const struct block *blocks = &img->blocks[f->first_block];
  const uint32_t *rules = f->keys + f->n_blocks;
  for (uint32_t b = 0; b < f->n_blocks; b++)
    if (blocks[b].counter != NO_COUNTER)
      use(to, blocks[b].counter, f->first_block + b);
  for (uint32_t r = 1; f->n_implied && r <= rules[0]; r++)
    use(to, blocks[rules[r] >> 16].counter,
        f->first_block + (rules[r] & UINT16_MAX));
}

/* Calls @see for each counter that tells of @block, until one returns true. */
static bool each_counter(const struct image *img, uint32_t block,
                         bool (*see)(struct marks *m, uint64_t counter,
                                     uint8_t why),
                         struct marks *m, uint8_t why) {
  const struct block *b = &img->blocks[block];
  const struct func *f = &img->funcs[b->func];
  if (b->counter != NO_COUNTER)
    return see(m, b->counter, why);
  const uint32_t *rules = f->keys + f->n_blocks;
  uint32_t number = block - f->first_block;
  for (uint32_t r = 1; r <= rules[0]; r++)
    if ((rules[r] & UINT16_MAX) == number &&
        see(m, img->blocks[f->first_block + (rules[r] >> 16)].counter, why))
      return true;
  return false;
}

static bool mark(struct marks *m, uint64_t counter, uint8_t why) {
  if (counter >= m->n_counters || !why)
    return false;
  m->of[counter] |= why;
  if (m->first == m->end || counter < m->first)
    m->first = counter;
  if (counter >= m->end)
    m->end = counter + 1;
  return false;
}

void marks_block(struct marks *m, const struct image *img, uint32_t block,
                 uint8_t why) {
  each_counter(img, block, mark, m, why);
}

static bool is_hit(struct marks *m, uint64_t counter, uint8_t why) {
  (void)why;
  return counter < m->n_counters && m->any[counter];
}

bool marks_reached(const struct marks *m, const struct image *img,
                   uint32_t block) {
  return each_counter(img, block, is_hit, (struct marks *)m, 0);
}

/* ---- Tests --------------------------------------------------------------- */

struct scan {
  struct marks *m;
  struct answer answer;
  bool carried;
};

static void see_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct scan *s = to;
  const struct marks *m = s->m;
  (void)value;
  s->answer.n_all += n;
  if (first >= m->end || first + n <= m->first)
    return;
  for (uint64_t i = first; i < first + n; i++) {
    uint8_t why = m->of[i];
    if (!why)
      continue;
    m->any[i] = 1;
    if (s->carried)
      s->answer.carried_why |= why;
    else if (why & WHY_STALE)
      s->answer.stale_why |= why;
    else
      s->answer.why |= why;
    s->answer.n_asked += (why & WHY_LINE) != 0;
  }
}

static struct answer *find_answer(struct answers *a, int64_t test,
                                  size_t known) {
  size_t lo = 0;
  for (size_t hi = known; lo < hi;) {
    size_t mid = lo + (hi - lo) / 2;
    if (a->v[mid].test < test)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < known && a->v[lo].test == test ? &a->v[lo] : NULL;
}

void answers_add(struct answers *a, int64_t test, uint8_t why) {
  for (size_t i = 0; i < a->n; i++)
    if (a->v[i].test == test) {
      a->v[i].why |= why;
      return;
    }
  a->v = vec_push(a->v, &a->n, &a->cap, sizeof(*a->v));
  a->v[a->n - 1] = (struct answer){.test = test, .why = why};
}

static int compare_tests(const void *a, const void *b) {
  const struct answer *x = a, *y = b;
  return (x->test > y->test) - (x->test < y->test);
}

static bool scan_rows(struct marks *m, struct index *ix, struct rows rows,
                      bool carried, uint8_t all, struct answers *answers) {
  size_t known = answers->n;
  bool ok = true;
  while (ok && sql_next(&rows)) {
    struct scan s = {m, {.test = sql_int(&rows, 0), .why = all}, carried};
    size_t size;
    const void *bits = sql_bytes(&rows, 1, &size);
    ok = hits_runs(bits, size, m->n_counters, see_run, &s) ||
         fail(ix->path, "the index is damaged: hits outside their image");
    if (!s.answer.why && !s.answer.carried_why && !s.answer.stale_why)
      continue;
    struct answer *old = find_answer(answers, s.answer.test, known);
    if (old) {
      old->why |= s.answer.why;
      old->carried_why |= s.answer.carried_why;
      old->stale_why |= s.answer.stale_why;
      old->n_asked += s.answer.n_asked;
      continue;
    }
    answers->v =
        vec_push(answers->v, &answers->n, &answers->cap, sizeof(s.answer));
    answers->v[answers->n - 1] = s.answer;
  }
  if (answers->n)
    qsort(answers->v, answers->n, sizeof(*answers->v), compare_tests);
  return sql_end(&rows) && ok;
}

bool marks_scan(struct marks *m, struct index *ix, uint8_t all,
                struct answers *answers) {
  if (!all && m->first == m->end)
    return true;
  return scan_rows(m, ix,
                   sql_query(ix, "SELECT test, bits FROM hits WHERE image = ?",
                             "i", m->image),
                   false, all, answers);
}

bool marks_scan_carried(struct marks *m, struct index *ix,
                        struct answers *answers) {
  if (m->first == m->end)
    return true;
  return scan_rows(m, ix,
                   sql_query(ix,
                             "SELECT test, bits FROM carried WHERE image = ?",
                             "i", m->image),
                   true, 0, answers);
}

/* ---- What else is known of them ------------------------------------------ */

static char *copy_text(const struct rows *rows, int column) {
  const char *text = sql_text(rows, column);
  return xstrndup(text, strlen(text));
}

static bool load_test(struct answer *a, struct index *ix) {
  struct rows rows = sql_query(
      ix, "SELECT name, outcome, seconds FROM test WHERE id = ?", "i", a->test);
  while (sql_next(&rows)) {
    a->name = copy_text(&rows, 0);
    a->outcome = copy_text(&rows, 1);
    a->seconds = sql_is_null(&rows, 2) ? -1 : sql_real(&rows, 2);
  }
  if (!sql_end(&rows))
    return false;
  return a->name || fail(ix->path, "the index is damaged: hits of no test");
}

static void add_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  (void)first;
  (void)value;
  *(uint64_t *)to += n;
}

/* Over all images, of which one may not have been scanned. */
static bool count_hits(struct answer *a, struct index *ix) {
  struct rows rows =
      sql_query(ix, "SELECT bits FROM hits WHERE test = ?", "i", a->test);
  a->n_all = 0;
  while (sql_next(&rows)) {
    size_t size;
    const void *bits = sql_bytes(&rows, 0, &size);
    hits_runs(bits, size, UINT64_MAX, add_run, &a->n_all);
  }
  return sql_end(&rows);
}

/* The strongest reason, 0 first. */
static int rank(const struct answer *a) { return __builtin_ctz(a->why); }

static int compare_answers(const void *a, const void *b) {
  const struct answer *x = a, *y = b;
  if (rank(x) != rank(y))
    return rank(x) < rank(y) ? -1 : 1;
  double share_x = (double)x->n_asked * (double)y->n_all;
  double share_y = (double)y->n_asked * (double)x->n_all;
  if (share_x != share_y)
    return share_x > share_y ? -1 : 1;
  if (x->n_all != y->n_all)
    return x->n_all < y->n_all ? -1 : 1;
  return strcmp(x->name, y->name);
}

bool answers_finish(struct answers *answers, struct index *ix) {
  int64_t n_images = 0;
  if (!sql_get(ix, &n_images, "SELECT count(*) FROM image", ""))
    return false;
  for (size_t i = 0; i < answers->n; i++) {
    struct answer *a = &answers->v[i];
    a->carried = !a->why && a->carried_why;
    a->stale = !a->why && !a->carried;
    a->why |= a->carried_why | a->stale_why;
    bool count = n_images > 1 || a->why & WHY_TEST; /* no scan saw it */
    if (!load_test(a, ix) || (count && !count_hits(a, ix)))
      return false;
  }
  if (answers->n)
    qsort(answers->v, answers->n, sizeof(*answers->v), compare_answers);
  return true;
}

void answers_free(struct answers *answers) {
  for (size_t i = 0; i < answers->n; i++) {
    free(answers->v[i].name);
    free(answers->v[i].outcome);
  }
  free(answers->v);
}
