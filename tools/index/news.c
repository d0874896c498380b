// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* news.c - counters of tests and dumps become blocks */
#include "index/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "image/load.h"
#include "index/marks.h"
#include "index/sql.h"

static struct reached *add_image(struct side *r) {
  r->v = vec_push(r->v, &r->n, &r->cap, sizeof(*r->v));
  r->v[r->n - 1] = (struct reached){0};
  return &r->v[r->n - 1];
}

static void take_blocks(struct reached *one, const struct marks *m) {
  one->of = xcalloc(one->img->n_blocks, sizeof(*one->of));
  for (uint32_t b = 0; b < one->img->n_blocks; b++)
    one->of[b] = marks_reached(m, one->img, b);
}

static void leave_out(struct side *r, const char *path, const char *why) {
  warn(path, "%s: left out", why);
  r->complete = false;
}

/* ---- Of an index --------------------------------------------------------- */

/* @test: 0: all */
static bool union_hits(struct index *ix, struct marks *m, int64_t test) {
  struct hits hits = {0};
  bool ok = true;
  struct rows rows = sql_query(ix,
                               "SELECT bits FROM hits WHERE image = ?1"
                               " AND (?2 = 0 OR test = ?2)",
                               "ii", m->image, test);
  while (ok && sql_next(&rows)) {
    size_t n;
    const void *bits = sql_bytes(&rows, 0, &n);
    ok = hits_decode(&hits, bits, n, m->n_counters) ||
         fail(ix->path, "the index is damaged: hits outside their image");
    for (size_t i = 0; i < hits.n && ok; i++)
      memset(m->any + hits.ranges[i].first, 1, hits.ranges[i].n);
    hits_free(&hits);
  }
  return sql_end(&rows) && ok;
}

static bool add_indexed(struct side *r, struct index *ix, int64_t image,
                        int64_t test) {
  struct code_image *code = xcalloc(1, sizeof(*code));
  struct marks m = {0};
  bool ok = code_load(code, ix, image, NULL, 0);
  if (!ok || !code->img.n_blocks) {
    if (ok)
      leave_out(r, code->img.path, "the index does not have its functions");
    code_free(code);
    free(code);
    return ok;
  }
  struct reached *one = add_image(r);
  one->code = code;
  one->img = &code->img;
  ok = marks_make(&m, ix->path, image,
                  code->img.elf.tables[TABLE_COUNTERS].size) &&
       union_hits(ix, &m, test);
  if (ok)
    take_blocks(one, &m);
  marks_free(&m);
  return ok;
}

bool side_index(struct side *r, struct index *ix, int64_t test) {
  *r = (struct side){.complete = true};
  bool ok = true;
  struct rows rows =
      sql_query(ix,
                "SELECT DISTINCT image FROM hits WHERE ?1 = 0 OR test = ?1"
                " ORDER BY image",
                "i", test);
  while (ok && sql_next(&rows))
    ok = add_indexed(r, ix, sql_int(&rows, 0), test);
  return sql_end(&rows) && ok;
}

/* ---- Of dumps ------------------------------------------------------------ */

static bool is_of(const struct image *img, const struct image_hits *hits) {
  return img->digest == hits->digest &&
         img->elf.tables[TABLE_COUNTERS].size == hits->n_counters;
}

static struct image *load_file(const char *path,
                               const struct image_hits *hits) {
  struct image *img = xcalloc(1, sizeof(*img));
  if (*path == '/' && image_load(img, path) && is_of(img, hits))
    return img;
  if (*path == '/')
    image_free(img);
  free(img);
  return NULL;
}

void side_results(struct side *r, const struct results *results,
                  const char *name, const struct image *given, size_t n_given) {
  *r = (struct side){.complete = true};
  for (size_t i = 0; i < results->n; i++) {
    const struct image_hits *hits = &results->images[i];
    const struct image *img = NULL;
    struct image *file = NULL;
    for (size_t k = 0; k < n_given && !img; k++)
      img = is_of(&given[k], hits) ? &given[k] : NULL;
    char *path = xstrndup(hits->path, strlen(hits->path));
    if (!img)
      img = file = load_file(path, hits);
    struct marks m;
    if (!img || !marks_make(&m, path, 0, hits->n_counters)) {
      free(path);
      leave_out(r, name,
                *hits->path ? hits->path : "an image without a known path");
      continue;
    }
    struct reached *one = add_image(r);
    one->img = img;
    one->file = file;
    one->path = path;
    for (size_t k = 0; k < hits->hits.n; k++)
      memset(m.any + hits->hits.ranges[k].first, 1, hits->hits.ranges[k].n);
    take_blocks(one, &m);
    marks_free(&m);
  }
}

void side_free(struct side *r) {
  for (size_t i = 0; i < r->n; i++) {
    if (r->v[i].code)
      code_free(r->v[i].code);
    if (r->v[i].file)
      image_free(r->v[i].file);
    free(r->v[i].code);
    free(r->v[i].file);
    free(r->v[i].path);
    free(r->v[i].of);
  }
  free(r->v);
}

/* ---- What is new --------------------------------------------------------- */

static int compare_ids(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* IDs that @a reaches in all builds called @name, ascending. */
static uint64_t *known_ids(const struct side *a, const char *name, size_t *n) {
  size_t cap = 0;
  uint64_t *ids = NULL;
  *n = 0;
  for (size_t i = 0; i < a->n; i++) {
    const struct image *img = a->v[i].img;
    if (strcmp(file_name(img->path), name) != 0)
      continue;
    for (size_t b = 0; b < img->n_blocks; b++)
      if (a->v[i].of[b]) {
        ids = vec_push(ids, n, &cap, sizeof(*ids));
        ids[*n - 1] = img->blocks[b].id;
      }
  }
  if (*n)
    qsort(ids, *n, sizeof(*ids), compare_ids);
  return ids;
}

struct news *news_make(const struct side *a, const struct side *b, size_t *n) {
  struct news *all = xcalloc(b->n, sizeof(*all));
  *n = b->n;
  for (size_t i = 0; i < b->n; i++) {
    const struct image *img = b->v[i].img;
    size_t n_known;
    uint64_t *known = known_ids(a, file_name(img->path), &n_known);
    all[i] = (struct news){img, xcalloc(img->n_blocks, sizeof(bool)), 0};
    for (size_t k = 0; k < img->n_blocks; k++) {
      all[i].of[k] = b->v[i].of[k] &&
                     !(n_known && bsearch(&img->blocks[k].id, known, n_known,
                                          sizeof(*known), compare_ids));
      all[i].n += all[i].of[k];
    }
    free(known);
  }
  return all;
}

void news_free(struct news *news, size_t n) {
  for (size_t i = 0; i < n; i++)
    free(news[i].of);
  free(news);
}
