// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* ask.c - from places to counters of every build, and to tests */
#include "index/ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/strtab.h"
#include "base/tool.h"
#include "index/carry.h"
#include "index/sql.h"

bool ask_begin(struct ask *a, struct index *ix) {
  *a = (struct ask){.ix = ix};
  return builds_load(&a->builds, ix);
}

/* ---- Targets ------------------------------------------------------------- */

static struct target *add_target(struct ask *a) {
  a->targets =
      vec_push(a->targets, &a->n_targets, &a->cap_targets, sizeof(*a->targets));
  a->targets[a->n_targets - 1] = (struct target){0};
  return &a->targets[a->n_targets - 1];
}

/* "build/prog, build/libx.so" of the index; nothing if it has no image. */
static char *image_names(const struct ask *a) {
  char *all = xstrndup("", (size_t)0);
  for (size_t i = 0; i < a->builds.n; i++) {
    char *more = xasprintf("%s%s%s", all, i ? ", " : "", a->builds.v[i].path);
    free(all);
    all = more;
  }
  return all;
}

bool ask_image(struct ask *a, const struct image *img) {
  struct build *build = builds_find(&a->builds, img);
  size_t program = 0;
  if (build) {
    program = build->program;
  } else if (!builds_program(&a->builds, img, &program)) {
    char *names = image_names(a);
    fail(img->path, "the index has no build of it; it has %s",
         *names ? names : "no image");
    free(names);
    return false;
  }
  struct target *t = add_target(a);
  t->img = img;
  t->given = true;
  t->build = build;
  t->program = program;
  return true;
}

void ask_newest(struct ask *a) {
  for (size_t i = 0; i < a->builds.n; i++) {
    if (a->builds.v[i].program != i)
      continue;
    struct target *t = add_target(a);
    t->build = builds_newest(&a->builds, i);
    t->program = i;
  }
}

/* Older, as a rule; newer if an old image is asked about. */
static bool is_other(const struct target *t, const struct build *b) {
  return b->program == t->program && b != t->build && b->has_hits;
}

static bool has_others(const struct ask *a, const struct target *t) {
  for (size_t i = 0; i < a->builds.n; i++)
    if (is_other(t, &a->builds.v[i]))
      return true;
  return false;
}

/* ---- Files --------------------------------------------------------------- */

static void add_file(struct strtab *t, const char *path) {
  strtab_add(t, path, strlen(path));
}

char **ask_files(struct ask *a, size_t *n) {
  struct strtab files = {0};
  struct rows rows = sql_query(a->ix, "SELECT path FROM file", "");
  while (sql_next(&rows))
    add_file(&files, sql_text(&rows, 0));
  sql_end(&rows);
  for (size_t i = 0; i < a->n_targets; i++)
    for (size_t k = 0; a->targets[i].given && k < a->targets[i].img->files.n;
         k++)
      add_file(&files, a->targets[i].img->files.strings[k]);
  free(files.slots);
  *n = files.n;
  return files.strings;
}

void ask_free_files(char **files, size_t n) {
  for (size_t i = 0; i < n; i++)
    free(files[i]);
  free(files);
}

/* ---- Functions that matter ----------------------------------------------- */

struct row_set {
  int64_t *v;
  size_t n, cap;
};

static int compare_rows(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Functions with code on the lines; for more than lines, in the file. */
static bool add_functions(struct ask *a, const struct where *w,
                          struct row_set *set) {
  for (size_t i = 0; i < w->n_lines; i++) {
    bool lines = w->lines[i].why == WHY_LINE;
    struct rows rows = sql_query(
        a->ix,
        "SELECT place.function FROM place JOIN file ON file.id = place.file"
        " WHERE file.path = ? AND place.first <= ? AND place.last >= ?",
        "tii", w->path, lines ? (int64_t)w->lines[i].last : INT64_MAX,
        lines ? (int64_t)w->lines[i].first : (int64_t)0);
    while (sql_next(&rows)) {
      set->v = vec_push(set->v, &set->n, &set->cap, sizeof(*set->v));
      set->v[set->n - 1] = sql_int(&rows, 0);
    }
    if (!sql_end(&rows))
      return false;
    if (!lines)
      break; /* that was all of the file */
  }
  return true;
}

/* Return: whether a part of the builds' functions is enough; @set are those. */
static bool find_functions(struct ask *a, const struct where *where, size_t n,
                           struct row_set *set, bool *ok) {
  for (size_t i = 0; i < n; i++)
    if (!where[i].path)
      return false;
  for (size_t i = 0; i < n && *ok; i++)
    *ok = add_functions(a, &where[i], set);
  if (set->n)
    qsort(set->v, set->n, sizeof(*set->v), compare_rows);
  return true;
}

bool ask_load(struct ask *a, const struct where *where, size_t n) {
  struct row_set set = {0};
  bool ok = true, part = find_functions(a, where, n, &set, &ok);
  for (size_t i = 0; i < a->n_targets && ok; i++) {
    struct target *t = &a->targets[i];
    if (t->given)
      continue;
    if (t->partial)
      code_free(&t->part);
    t->partial = false;
    if (part && !has_others(a, t)) {
      t->partial = true;
      ok = code_load(&t->part, a->ix, t->build->row,
                     set.v ? set.v : (int64_t[]){0}, set.n);
      t->img = &t->part.img;
    } else {
      t->img = builds_code(t->build, a->ix);
      ok = t->img;
    }
  }
  free(set.v);
  return ok;
}

/* ---- Tests of one build -------------------------------------------------- */

/* @state: what is known of @block of the target */
static void see_state(struct target *t, size_t block, bool reached) {
  if (reached)
    t->state[block] = STATE_REACHED;
}

static bool run_own(struct ask *a, struct target *t) {
  struct marks m;
  const struct image *img = t->img;
  if (!t->build || (!t->build->has_hits && !t->build->has_carried))
    return true;
  if (!marks_make(&m, a->ix->path, t->build->row, t->build->n_counters))
    return false;
  for (uint32_t b = 0; b < img->n_blocks; b++)
    if (t->why[b])
      marks_block(&m, img, b, t->why[b]);
  bool ok = marks_scan(&m, a->ix, t->all, &a->answers) &&
            marks_scan_carried(&m, a->ix, &a->answers);
  for (uint32_t b = 0; b < img->n_blocks && ok; b++)
    if (t->why[b])
      see_state(t, b, marks_reached(&m, img, b));
  marks_free(&m);
  return ok;
}

static void mark_func(struct marks *m, const struct image *img, uint32_t func,
                      uint8_t why) {
  const struct func *f = &img->funcs[func];
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    marks_block(m, img, b, why);
}

static uint8_t why_func(const struct image *img, uint32_t func,
                        const uint8_t *why) {
  const struct func *f = &img->funcs[func];
  uint8_t all = 0;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    all |= why[b];
  return all;
}

/* Of a changed function no block is the one that is asked about. */
static uint8_t stale(uint8_t why) {
  if (why & WHY_LINE)
    why = (uint8_t)((why & ~WHY_LINE) | WHY_FUNCTION);
  return why | WHY_STALE;
}

static void mark_carried(struct ask *a, struct target *t, struct marks *m,
                         const struct carry *c) {
  for (uint32_t i = 0; i < t->img->n_funcs; i++) {
    const struct func *f = &t->img->funcs[i];
    uint8_t why = why_func(t->img, i, t->why);
    if (!why && !a->changed)
      continue;
    enum carried carried = carry_func(c, i);
    if (carried == CARRIED_SAME) {
      for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
        marks_block(m, c->to, carry_block(c, b), t->why[b]);
      continue;
    }
    size_t at = 0;
    for (uint32_t g; (g = carry_next(c, i, &at)) != UINT32_MAX;)
      mark_func(m, c->to, g, stale(why ? why : WHY_FUNCTION));
  }
}

/* Functions of the older build that the target has not. */
static void mark_gone(struct ask *a, struct target *t, struct marks *m,
                      const struct image *old, struct where *where, size_t n) {
  struct carry back;
  uint8_t *why = xcalloc(old->n_blocks, 1);
  for (size_t i = 0; i < n; i++) {
    struct where copy = where[i]; /* its counts are of the target */
    copy.n_blocks = 0;
    where_mark(&copy, old, why);
    where[i].elsewhere |= copy.n_blocks != 0;
    where[i].lines = copy.lines;
    where[i].cap_lines = copy.cap_lines;
  }
  carry_make(&back, old, t->img);
  for (uint32_t i = 0; i < old->n_funcs; i++) {
    uint8_t asked = why_func(old, i, why);
    if ((asked || a->changed) && carry_func(&back, i) == CARRIED_NOT)
      mark_func(m, old, i, stale(asked ? asked : WHY_FUNCTION));
  }
  carry_free(&back);
  free(why);
}

static void see_carried(struct target *t, const struct marks *m,
                        const struct carry *c) {
  for (uint32_t i = 0; i < t->img->n_funcs; i++) {
    const struct func *f = &t->img->funcs[i];
    if (!why_func(t->img, i, t->why))
      continue;
    bool same = carry_func(c, i) == CARRIED_SAME;
    for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++) {
      if (same)
        see_state(t, b, marks_reached(m, c->to, carry_block(c, b)));
      else if (t->state[b] == STATE_NOT_REACHED)
        t->state[b] = STATE_UNKNOWN;
    }
  }
}

/* Its tests, of which nobody knows what they reached. */
static bool count_blind(struct ask *a, const struct build *b) {
  int64_t n = 0;
  a->blind = b->path;
  bool ok = sql_get(a->ix, &n, "SELECT count(*) FROM hits WHERE image = ?", "i",
                    b->row);
  a->n_blind += (uint64_t)n;
  return ok;
}

static bool run_other(struct ask *a, struct target *t, struct build *old,
                      struct where *where, size_t n_where) {
  struct carry c;
  struct marks m;
  const struct image *img = builds_code(old, a->ix);
  if (!img)
    return false;
  if (!marks_make(&m, a->ix->path, old->row, old->n_counters))
    return false;
  carry_make(&c, t->img, img);
  mark_carried(a, t, &m, &c);
  mark_gone(a, t, &m, img, where, n_where);
  bool ok = marks_scan(&m, a->ix, t->all, &a->answers);
  if (ok)
    see_carried(t, &m, &c);
  marks_free(&m);
  carry_free(&c);
  return ok;
}

bool ask_run(struct ask *a, struct where *where, size_t n_where) {
  for (size_t i = 0; i < a->n_targets; i++) {
    struct target *t = &a->targets[i];
    t->why = xcalloc(t->img->n_blocks, 1);
    t->state = xcalloc(t->img->n_blocks, 1);
    for (size_t w = 0; w < n_where; w++)
      where_mark(&where[w], t->img, t->why);
    if (t->build && t->build->has_hits && !t->build->known && !t->given &&
        !count_blind(a, t->build))
      return false;
    if (!run_own(a, t))
      return false;
    for (size_t b = 0; b < a->builds.n; b++) {
      struct build *old = &a->builds.v[b];
      if (is_other(t, old) &&
          !(old->known ? run_other(a, t, old, where, n_where)
                       : count_blind(a, old)))
        return false;
    }
  }
  for (size_t i = 0; i < a->n_named; i++)
    answers_add(&a->answers, a->named[i], WHY_TEST);
  return answers_finish(&a->answers, a->ix);
}

static void see_line(int8_t *line, uint8_t state) {
  if (*line < 0 || state == STATE_REACHED || *line == STATE_NOT_REACHED)
    *line = (int8_t)state;
}

void ask_lines(const struct ask *a, const char *path, uint32_t last,
               int8_t *states) {
  for (size_t i = 0; i < a->n_targets; i++) {
    const struct target *t = &a->targets[i];
    const struct image *img = t->img;
    for (size_t b = 0; b < img->n_blocks; b++)
      for (uint32_t r = 0; r < img->blocks[b].n_runs && t->why[b]; r++) {
        const struct run *run = &img->runs[img->blocks[b].run + r];
        if (run->first > last ||
            strcmp(img->files.strings[run->file], path) != 0)
          continue;
        for (uint32_t line = run->first;
             line <= last && line - run->first < run->count; line++)
          see_line(&states[line], t->state[b]);
      }
  }
}

void ask_free(struct ask *a) {
  for (size_t i = 0; i < a->n_targets; i++) {
    free(a->targets[i].why);
    free(a->targets[i].state);
    if (a->targets[i].partial)
      code_free(&a->targets[i].part);
  }
  free(a->targets);
  free(a->named);
  answers_free(&a->answers);
  builds_free(&a->builds);
}
