// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* tests.c - a test has one result, that of its last run */
#include "index/tests.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/tool.h"
#include "image/load.h"
#include "index/code.h"
#include "index/sql.h"

bool test_put(struct index *ix, const struct test_run *run, int64_t *row) {
  *row = 0;
  return sql_get(ix, row,
                 "INSERT INTO test(name, outcome, seconds, began, uid)"
                 " VALUES(?, ?, nullif(max(?, -1.0), -1.0), ?, ?)"
                 " ON CONFLICT(name) DO UPDATE SET outcome = excluded.outcome,"
                 " seconds = excluded.seconds, began = excluded.began,"
                 " uid = excluded.uid"
                 " WHERE (excluded.began, excluded.uid) > (began, uid)"
                 " RETURNING id",
                 "ttrii", run->name, run->outcome, run->seconds, run->began,
                 run->uid) &&
         (!*row ||
          (sql_run(ix, "DELETE FROM hits WHERE test = ?", "i", *row) &&
           sql_run(ix, "DELETE FROM carried WHERE test = ?", "i", *row)));
}

bool test_put_hits(struct index *ix, int64_t test, int64_t image,
                   const void *bits, size_t n) {
  return sql_run(ix, "INSERT INTO hits(test, image, bits) VALUES(?, ?, ?)",
                 "iib", test, image, bits, n);
}

bool test_put_carried(struct index *ix, int64_t test, int64_t image,
                      int64_t origin, const void *bits, size_t n) {
  return sql_run(ix,
                 "INSERT INTO carried(test, image, origin, bits)"
                 " VALUES(?, ?, ?, ?)",
                 "iiib", test, image, origin, bits, n);
}

/* Say why an image has no functions. */
static void tell_lost(const struct image_hits *of, bool other_build) {
  char *name = *of->path ? xstrndup(of->path, strlen(of->path))
                         : xasprintf("an image of %s",
                                     *of->program ? of->program : "a program");
  warn(printable(name),
       "%s: what tests reach of it is in the index without its functions, till "
       "'kcov8 index' is given the file",
       !*of->path    ? "nobody knows its file"
       : other_build ? "is another build than the one that ran"
                     : "cannot be read");
  free(name);
}

/* @row: 0: its functions cannot be had */
static bool add_from_file(struct index *ix, const struct image_hits *of,
                          int64_t *row) {
  struct image img = {0};
  bool ok = true, loaded = *of->path && image_load(&img, of->path);
  if (loaded && img.digest == of->digest &&
      img.elf.tables[TABLE_COUNTERS].size == of->n_counters)
    ok = index_add_image(ix, &img, row);
  else
    tell_lost(of, loaded);
  if (*of->path)
    image_free(&img);
  return ok;
}

/* @complete: false if its functions could not be had. */
static bool image_row(struct index *ix, const struct image_hits *of,
                      int64_t *row, bool *complete) {
  *row = 0;
  if (!sql_get(ix, row,
               "SELECT id FROM image WHERE digest = ? AND n_counters = ?", "ii",
               (int64_t)of->digest, (int64_t)of->n_counters) ||
      (!*row && !add_from_file(ix, of, row)))
    return false;
  if (*row)
    return true;
  *complete = false;
  return sql_get(ix, row,
                 "INSERT INTO image(digest, n_counters, path, added)"
                 " VALUES(?, ?, ?, ?) RETURNING id",
                 "iiti", (int64_t)of->digest, (int64_t)of->n_counters, of->path,
                 microseconds_now());
}

bool test_put_results(struct index *ix, const struct test_run *run,
                      const struct results *results, bool *complete) {
  int64_t test;
  bool ok = test_put(ix, run, &test);
  struct byte_buffer bits = {0};
  for (size_t i = 0; ok && test && i < results->n; i++) {
    int64_t image;
    bits.n = 0;
    hits_encode(&results->images[i].hits, &bits);
    ok = image_row(ix, &results->images[i], &image, complete) &&
         test_put_hits(ix, test, image, bits.bytes, bits.n);
  }
  free(bits.bytes);
  return ok;
}

int64_t random_uid(void) {
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
    bits = (uint64_t)microseconds_now();
  return (int64_t)(bits >> 11);
}

int64_t microseconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
