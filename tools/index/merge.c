// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * merge.c - images first, then tests with what they reached
 *
 * Neither the order of merges nor a repetition may change what comes out: of
 * two values the choice goes by the values alone.
 */
#include "index/merge.h"

#include <stdlib.h>

#include "base/search.h"
#include "base/tool.h"
#include "index/code.h"
#include "index/hits.h"
#include "index/sql.h"
#include "index/tests.h"

/* An image's row in one index, and in the other. */
struct image_rows {
  int64_t from, to;
  uint64_t n_counters;
};

struct merging {
  struct index *to, *from;
  struct image_rows *images; /* by from */
  size_t n_images, cap_images;
};

/* ---- Images -------------------------------------------------------------- */

/* When an image came in, and under which name: the earlier one of both. */
static bool put_origin(struct index *to, int64_t row, int64_t added,
                       const char *path) {
  return sql_run(to, "UPDATE image SET added = ?, path = ? WHERE id = ?", "iti",
                 added, path, row);
}

static bool merge_image(struct merging *m, int64_t from, int64_t digest,
                        int64_t n_counters, int64_t added, const char *path) {
  static const char find[] = "SELECT added, path FROM image"
                             " WHERE digest = ? AND n_counters = ?"
                             " AND (added, path) < (?, ?)";
  char *own_path = NULL;
  int64_t own_added = 0, row;
  struct rows rows =
      sql_query(m->to, find, "iiit", digest, n_counters, added, path);
  while (sql_next(&rows)) {
    const char *text = sql_text(&rows, 1);
    own_added = sql_int(&rows, 0);
    own_path = xasprintf("%s", text);
  }
  bool ok = sql_end(&rows) && index_copy_image(m->to, m->from, from, &row) &&
            put_origin(m->to, row, own_path ? own_added : added,
                       own_path ? own_path : path);
  free(own_path);
  if (!ok)
    return false;
  m->images =
      vec_push(m->images, &m->n_images, &m->cap_images, sizeof(*m->images));
  m->images[m->n_images - 1] =
      (struct image_rows){from, row, (uint64_t)n_counters};
  return true;
}

static bool merge_images(struct merging *m) {
  struct rows rows = sql_query(
      m->from,
      "SELECT id, digest, n_counters, added, path FROM image ORDER BY id", "");
  bool ok = true;
  while (ok && sql_next(&rows))
    ok = merge_image(m, sql_int(&rows, 0), sql_int(&rows, 1), sql_int(&rows, 2),
                     sql_int(&rows, 3), sql_text(&rows, 4));
  return sql_end(&rows) && ok;
}

static bool image_below(const void *element, const void *key) {
  return ((const struct image_rows *)element)->from < *(const int64_t *)key;
}

/* ---- Tests --------------------------------------------------------------- */

/* NULL after a message. */
static const struct image_rows *find_image(const struct merging *m,
                                           int64_t from) {
  size_t at = lower_bound(m->images, m->n_images, sizeof(*m->images),
                          image_below, &from);
  if (at < m->n_images && m->images[at].from == from)
    return &m->images[at];
  fail(m->from->path, "a test reached an image that is not there");
  return NULL;
}

/* @rows: test's image, bits, and image that they are carried from or 0 */
static bool merge_bits(struct merging *m, struct rows rows, int64_t to) {
  bool ok = true;
  while (ok && sql_next(&rows)) {
    size_t n;
    const void *bits = sql_bytes(&rows, 1, &n);
    int64_t from = sql_int(&rows, 2);
    const struct image_rows *image = find_image(m, sql_int(&rows, 0));
    const struct image_rows *origin = from ? find_image(m, from) : NULL;
    if (!image || (from && !origin))
      ok = false;
    else if (!hits_runs(bits, n, image->n_counters, NULL, NULL))
      ok =
          fail(m->from->path, "the index is damaged: hits outside their image");
    else if (origin)
      ok = test_put_carried(m->to, to, image->to, origin->to, bits, n);
    else
      ok = test_put_hits(m->to, to, image->to, bits, n);
  }
  return sql_end(&rows) && ok;
}

static bool merge_hits(struct merging *m, int64_t from, int64_t to) {
  return merge_bits(m,
                    sql_query(m->from,
                              "SELECT image, bits, 0 FROM hits WHERE test = ?",
                              "i", from),
                    to) &&
         merge_bits(
             m,
             sql_query(m->from,
                       "SELECT image, bits, origin FROM carried WHERE test = ?",
                       "i", from),
             to);
}

bool index_merge(struct index *to, struct index *from, void (*tell)(void *ctx),
                 void *ctx) {
  struct merging m = {.to = to, .from = from};
  /* One state of @from, though others may write it. */
  bool ok = sql_run(from, "BEGIN", "") && merge_images(&m);
  struct rows rows = sql_query(
      from,
      "SELECT id, name, outcome, ifnull(seconds, -1), began, uid FROM test",
      "");
  while (ok && sql_next(&rows)) {
    int64_t row;
    ok = test_put(to,
                  &(struct test_run){.name = sql_text(&rows, 1),
                                     .outcome = sql_text(&rows, 2),
                                     .seconds = sql_real(&rows, 3),
                                     .began = sql_int(&rows, 4),
                                     .uid = sql_int(&rows, 5)},
                  &row) &&
         (!row || merge_hits(&m, sql_int(&rows, 0), row));
    if (tell)
      tell(ctx);
  }
  ok = sql_end(&rows) && ok;
  index_rollback(from); /* nothing was written */
  free(m.images);
  return ok;
}
