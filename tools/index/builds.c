// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* builds.c - which images are one program over time */
#include "index/builds.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "index/codec.h"
#include "index/sql.h"

static bool load_rows(struct builds *b, struct index *ix) {
  struct rows rows = sql_query(ix,
                               "SELECT id, digest, n_counters, path, added,"
                               " functions IS NOT NULL FROM image ORDER BY id",
                               "");
  while (sql_next(&rows)) {
    const char *path = sql_text(&rows, 3);
    b->v = vec_push(b->v, &b->n, &b->cap, sizeof(*b->v));
    struct build *build = &b->v[b->n - 1];
    *build = (struct build){
        .row = sql_int(&rows, 0),
        .digest = (uint64_t)sql_int(&rows, 1),
        .n_counters = (uint64_t)sql_int(&rows, 2),
        .path = xstrndup(path, strlen(path)),
        .used = sql_int(&rows, 4),
        .known = sql_int(&rows, 5),
        .program = b->n - 1,
    };
    build->name = file_name(build->path);
  }
  return sql_end(&rows);
}

static struct build *by_row(struct builds *b, int64_t row) {
  for (size_t i = 0; i < b->n; i++)
    if (b->v[i].row == row)
      return &b->v[i];
  return NULL;
}

static bool load_use(struct builds *b, struct index *ix) {
  struct rows rows =
      sql_query(ix,
                "SELECT hits.image, max(test.began) FROM hits"
                " JOIN test ON test.id = hits.test GROUP BY hits.image",
                "");
  while (sql_next(&rows)) {
    struct build *build = by_row(b, sql_int(&rows, 0));
    if (!build)
      continue;
    build->has_hits = true;
    if (sql_int(&rows, 1) > build->used)
      build->used = sql_int(&rows, 1);
  }
  return sql_end(&rows);
}

static bool load_carried(struct builds *b, struct index *ix) {
  struct rows rows = sql_query(ix, "SELECT DISTINCT image FROM carried", "");
  while (sql_next(&rows)) {
    struct build *build = by_row(b, sql_int(&rows, 0));
    if (build)
      build->has_carried = true;
  }
  return sql_end(&rows);
}

/* ---- Programs ------------------------------------------------------------ */

/* Hashes of functions, ascending. */
struct hashes {
  uint64_t *v;
  size_t n;
};

static int compare_u64(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static struct hashes hashes_of(const struct image *img) {
  struct hashes h = {xcalloc(img->n_funcs, sizeof(*h.v)), img->n_funcs};
  for (size_t i = 0; i < h.n; i++)
    h.v[i] = img->funcs[i].hash;
  qsort(h.v, h.n, sizeof(*h.v), compare_u64);
  return h;
}

static bool share_half(const struct image *x, const struct image *y) {
  struct hashes a = hashes_of(x), b = hashes_of(y);
  size_t shared = 0;
  for (size_t i = 0, j = 0; i < a.n && j < b.n;) {
    shared += a.v[i] == b.v[j];
    if (a.v[i] < b.v[j])
      i++;
    else
      j++;
  }
  free(a.v);
  free(b.v);
  return 2 * shared >= (a.n < b.n ? a.n : b.n);
}

static bool same_program(struct build *a, struct build *b, struct index *ix,
                         bool *same) {
  *same = true;
  if (strcmp(a->path, b->path) == 0 || !a->known || !b->known)
    return true;
  const struct image *x = builds_code(a, ix), *y = builds_code(b, ix);
  if (!x || !y)
    return false;
  *same = share_half(x, y);
  return true;
}

static int compare_builds(const void *a, const void *b) {
  const struct build *x = *(struct build *const *)a;
  const struct build *y = *(struct build *const *)b;
  int order = strcmp(x->name, y->name);
  if (!order && x->known != y->known)
    return x->known ? -1 : 1; /* nothing can be asked about the other */
  if (order || x->used == y->used)
    return order ? order : (x->row > y->row) - (x->row < y->row);
  return x->used > y->used ? -1 : 1;
}

/* Each joins the first newer one, of those that begin a program, it is like. */
static bool join_programs(struct builds *b, struct index *ix) {
  struct build **order = xcalloc(b->n, sizeof(struct build *));
  bool ok = true;
  for (size_t i = 0; i < b->n; i++)
    order[i] = &b->v[i];
  qsort(order, b->n, sizeof(struct build *), compare_builds);
  for (size_t i = 0, first = 0; i < b->n && ok; i++) {
    if (strcmp(order[i]->name, order[first]->name) != 0)
      first = i;
    for (size_t j = first; j < i && ok; j++) {
      bool same, begins = &b->v[order[j]->program] == order[j];
      if (!begins)
        continue;
      ok = same_program(order[j], order[i], ix, &same);
      if (ok && same) {
        order[i]->program = order[j]->program;
        break;
      }
    }
  }
  free(order);
  return ok;
}

/* ---- Interface ----------------------------------------------------------- */

bool builds_load(struct builds *b, struct index *ix) {
  *b = (struct builds){0};
  return load_rows(b, ix) && load_use(b, ix) && load_carried(b, ix) &&
         join_programs(b, ix);
}

void builds_free(struct builds *b) {
  for (size_t i = 0; i < b->n; i++) {
    free(b->v[i].path);
    if (b->v[i].loaded)
      code_free(&b->v[i].code);
  }
  free(b->v);
  *b = (struct builds){0};
}

struct build *builds_newest(const struct builds *b, size_t program) {
  return &b->v[program]; /* the one that begins it */
}

struct build *builds_find(const struct builds *b, const struct image *img) {
  for (size_t i = 0; i < b->n; i++)
    if (b->v[i].digest == img->digest &&
        b->v[i].n_counters == img->elf.tables[TABLE_COUNTERS].size)
      return &b->v[i];
  return NULL;
}

bool builds_program(const struct builds *b, const struct image *img,
                    size_t *program) {
  const char *name = file_name(img->path);
  const struct build *best = NULL;
  for (size_t i = 0; i < b->n; i++) {
    const struct build *x = &b->v[i];
    if (strcmp(x->name, name) == 0 && (!best || x->used > best->used))
      best = x;
  }
  if (best)
    *program = best->program;
  return best;
}

const struct image *builds_code(struct build *b, struct index *ix) {
  if (!b->loaded) {
    b->loaded = true;
    if (!code_load(&b->code, ix, b->row, NULL, 0))
      return NULL;
  }
  return &b->code.img;
}
