// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* contents.c - counted first, then written, so that an error writes nothing */
#include "cmd/contents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/jsonw.h"
#include "base/output.h"
#include "base/tool.h"
#include "index/codec.h"
#include "index/sql.h"

/* Tests that ended so. */
struct outcome {
  char *name;
  int64_t n_tests;
};

/**
 * struct known_image - one image
 * @n_carried: tests with hits that were carried to it
 * @n_funcs: below 0 if the index has no functions of it
 * @added:   microseconds since 1970
 */
struct known_image {
  uint64_t digest;
  char *path;
  int64_t n_counters, n_funcs, n_tests, n_carried, added;
};

/**
 * struct contents - all of it
 * @bytes:      of the file
 * @hits_bytes: of what tests reached, in it
 */
struct contents {
  int64_t bytes, hits_bytes, n_tests;
  size_t n_running;
  struct outcome *outcomes;
  size_t n_outcomes, cap_outcomes;
  struct known_image *images;
  size_t n_images, cap_images;
};

/* ---- Counting ------------------------------------------------------------ */

static bool read_outcomes(struct contents *c, struct index *ix) {
  struct rows rows = sql_query(ix,
                               "SELECT outcome, count(*) FROM test"
                               " GROUP BY outcome ORDER BY 2 DESC, 1",
                               "");
  while (sql_next(&rows)) {
    const char *name = sql_text(&rows, 0);
    c->outcomes = vec_push(c->outcomes, &c->n_outcomes, &c->cap_outcomes,
                           sizeof(*c->outcomes));
    c->outcomes[c->n_outcomes - 1] =
        (struct outcome){xstrndup(name, strlen(name)), sql_int(&rows, 1)};
    c->n_tests += sql_int(&rows, 1);
  }
  return sql_end(&rows);
}

static int64_t count_funcs(const struct rows *rows, int column) {
  size_t n;
  int64_t n_funcs = 0;
  struct placed p = {0};
  const uint8_t *bytes = sql_bytes(rows, column, &n);
  struct span in = {bytes, bytes ? bytes + n : bytes, false};
  if (sql_is_null(rows, column))
    return -1;
  while (decode_placed(&in, &p))
    n_funcs++;
  return n_funcs;
}

static bool read_images(struct contents *c, struct index *ix) {
  struct rows rows =
      sql_query(ix,
                "SELECT digest, path, n_counters, functions, added,"
                " (SELECT count(*) FROM hits WHERE image = id),"
                " (SELECT count(*) FROM carried WHERE image = id)"
                " FROM image ORDER BY path, added, digest",
                "");
  while (sql_next(&rows)) {
    const char *path = sql_text(&rows, 1);
    c->images =
        vec_push(c->images, &c->n_images, &c->cap_images, sizeof(*c->images));
    c->images[c->n_images - 1] = (struct known_image){
        .digest = (uint64_t)sql_int(&rows, 0),
        .path = xstrndup(path, strlen(path)),
        .n_counters = sql_int(&rows, 2),
        .n_funcs = count_funcs(&rows, 3),
        .added = sql_int(&rows, 4),
        .n_tests = sql_int(&rows, 5),
        .n_carried = sql_int(&rows, 6),
    };
  }
  return sql_end(&rows);
}

static bool read_contents(struct contents *c, struct index *ix) {
  return sql_get(ix, &c->bytes,
                 "SELECT page_count * page_size"
                 " FROM pragma_page_count(), pragma_page_size()",
                 "") &&
         sql_get(ix, &c->hits_bytes, "SELECT sum(length(bits)) FROM hits",
                 "") &&
         read_outcomes(c, ix) && read_images(c, ix);
}

/* ---- Writing ------------------------------------------------------------- */

static void write_text(const struct contents *c, FILE *f) {
  fprintf(f, "%" PRId64 " test%s", c->n_tests, c->n_tests == 1 ? "" : "s");
  for (size_t i = 0; i < c->n_outcomes; i++)
    fprintf(f, "%s%" PRId64 " %s", i ? ", " : ": ", c->outcomes[i].n_tests,
            c->outcomes[i].name);
  if (c->n_running)
    fprintf(f, "; %zu running", c->n_running);
  fprintf(f,
          "\n%zu image%s, %" PRId64 " bytes, of which %" PRId64
          " are what tests reached\n",
          c->n_images, c->n_images == 1 ? "" : "s", c->bytes, c->hits_bytes);
  if (c->n_images)
    fputs("  TESTS COUNTERS FUNCTIONS ADDED            IMAGE\n", f);
  for (size_t i = 0; i < c->n_images; i++) {
    const struct known_image *img = &c->images[i];
    char n_funcs[24] = "unknown", when[24] = "";
    time_t seconds = (time_t)(img->added / 1000000);
    struct tm tm;
    if (img->n_funcs >= 0)
      snprintf(n_funcs, sizeof(n_funcs), "%" PRId64, img->n_funcs);
    if (localtime_r(&seconds, &tm))
      strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
    fprintf(f, "%7" PRId64 " %8" PRId64 " %9s %-16s %s", img->n_tests,
            img->n_counters, n_funcs, when, *img->path ? img->path : "?");
    if (img->n_carried)
      fprintf(f, "; %" PRId64 " test%s carried to it", img->n_carried,
              img->n_carried == 1 ? "" : "s");
    fputc('\n', f);
  }
}

static void write_json(const struct contents *c, const char *path, FILE *f) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_string(&j, "index", path);
  json_number(&j, "bytes", (uint64_t)c->bytes);
  json_number(&j, "hits_bytes", (uint64_t)c->hits_bytes);
  json_number(&j, "tests", (uint64_t)c->n_tests);
  json_number(&j, "running", c->n_running);
  json_array(&j, "outcomes");
  for (size_t i = 0; i < c->n_outcomes; i++) {
    json_object(&j, NULL);
    json_string(&j, "outcome", c->outcomes[i].name);
    json_number(&j, "tests", (uint64_t)c->outcomes[i].n_tests);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_array(&j, "images");
  for (size_t i = 0; i < c->n_images; i++) {
    const struct known_image *img = &c->images[i];
    json_object(&j, NULL);
    json_string(&j, "path", img->path);
    json_hex(&j, "digest", img->digest, 16);
    json_number(&j, "counters", (uint64_t)img->n_counters);
    if (img->n_funcs >= 0)
      json_number(&j, "functions", (uint64_t)img->n_funcs);
    json_number(&j, "tests", (uint64_t)img->n_tests);
    json_number(&j, "carried", (uint64_t)img->n_carried);
    json_number(&j, "added", (uint64_t)img->added);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_end(&j, '}');
}

bool contents_write(struct index *ix, size_t n_running, bool json) {
  struct contents c = {.n_running = n_running};
  struct output out;
  bool ok = read_contents(&c, ix) && output_open(&out, NULL);
  if (ok) {
    if (json)
      write_json(&c, ix->path, out.f);
    else
      write_text(&c, out.f);
    ok = output_close(&out, true);
  }
  for (size_t i = 0; i < c.n_outcomes; i++)
    free(c.outcomes[i].name);
  for (size_t i = 0; i < c.n_images; i++)
    free(c.images[i].path);
  free(c.outcomes);
  free(c.images);
  return ok;
}
