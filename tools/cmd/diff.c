// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* diff.c - kcov8 diff: what is reached here that is not reached there */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/output.h"
#include "cmd/command.h"
#include "image/load.h"
#include "index/gather.h"
#include "index/news.h"
#include "index/sql.h"

static const char help[] =
    "usage: kcov8 diff [--json] [IMAGE...] A B\n"
    "       kcov8 diff [--json] INDEX TEST-A TEST-B\n"
    "\n"
    "Says what B reaches that A does not. A and B are indexes or dumps, or "
    "two\n"
    "tests of an index. A dump's images are read from the paths in it, if "
    "they\n"
    "are not given. Builds of one program are compared by block ID.\n"
    "A line is a function in a file: name, file, lines, how many blocks, of "
    "how\n"
    "many that it has.\n"
    "\n"
    "      --json             as JSON\n"
    "  -h, --help             this text\n";

/**
 * struct row - a function's new blocks that are in one file, in @img
 * @last: block that was counted last
 */
struct row {
  const struct image *img;
  uint32_t func, file, last;
  size_t n_blocks;
  uint32_t *lines; /* ascending, each once */
  size_t n_lines, cap_lines;
};

struct rows_found {
  struct row *v;
  size_t n, cap;
};

/* ---- Functions ----------------------------------------------------------- */

static struct row *row_of(struct rows_found *r, size_t first,
                          const struct image *img, uint32_t func,
                          uint32_t file) {
  for (size_t i = first; i < r->n; i++)
    if (r->v[i].file == file)
      return &r->v[i];
  r->v = vec_push(r->v, &r->n, &r->cap, sizeof(*r->v));
  r->v[r->n - 1] = (struct row){.img = img, .func = func, .file = file};
  return &r->v[r->n - 1];
}

static void add_lines(struct row *row, const struct run *run) {
  for (uint32_t i = 0; i < run->count; i++) {
    row->lines =
        vec_push(row->lines, &row->n_lines, &row->cap_lines, sizeof(uint32_t));
    row->lines[row->n_lines - 1] = run->first + i;
  }
}

static int compare_u32(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void sort_lines(struct row *row) {
  if (!row->n_lines)
    return;
  qsort(row->lines, row->n_lines, sizeof(*row->lines), compare_u32);
  size_t n = 1;
  for (size_t i = 1; i < row->n_lines; i++)
    if (row->lines[i] != row->lines[n - 1])
      row->lines[n++] = row->lines[i];
  row->n_lines = n;
}

/* A block counts in each file that it has lines in. */
static void add_func(struct rows_found *r, const struct news *news,
                     uint32_t func) {
  const struct image *img = news->img;
  const struct func *f = &img->funcs[func];
  size_t first = r->n;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++) {
    const struct block *block = &img->blocks[b];
    if (!news->of[b])
      continue;
    for (uint32_t i = 0; i < block->n_runs; i++) {
      const struct run *run = &img->runs[block->run + i];
      struct row *row = row_of(r, first, img, func, run->file);
      row->n_blocks += !row->n_blocks || row->last != b;
      row->last = b;
      add_lines(row, run);
    }
    if (!block->n_runs)
      row_of(r, first, img, func, block->file)->n_blocks++;
  }
  for (size_t i = first; i < r->n; i++)
    sort_lines(&r->v[i]);
}

static int compare_rows(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  int order =
      strcmp(x->img->files.strings[x->file], y->img->files.strings[y->file]);
  if (order)
    return order;
  uint32_t i = x->n_lines ? x->lines[0] : 0, j = y->n_lines ? y->lines[0] : 0;
  if (i != j)
    return i < j ? -1 : 1;
  order = strcmp(x->img->funcs[x->func].name, y->img->funcs[y->func].name);
  return order ? order : strcmp(x->img->path, y->img->path);
}

/* ---- Forms --------------------------------------------------------------- */

/* "3-5,9"; "-" if there are none. */
static void write_lines(FILE *f, const struct row *row) {
  if (!row->n_lines)
    fputc('-', f);
  for (size_t i = 0, end; i < row->n_lines; i = end) {
    for (end = i + 1;
         end < row->n_lines && row->lines[end] == row->lines[end - 1] + 1;)
      end++;
    fprintf(f, "%s%" PRIu32, i ? "," : "", row->lines[i]);
    if (end - i > 1)
      fprintf(f, "-%" PRIu32, row->lines[end - 1]);
  }
}

static void write_text(const struct rows_found *r, FILE *f) {
  for (size_t i = 0; i < r->n; i++) {
    const struct row *row = &r->v[i];
    const struct func *func = &row->img->funcs[row->func];
    fprintf(f, "%s\t%s\t", func->display, row->img->files.strings[row->file]);
    write_lines(f, row);
    fprintf(f, "\t%zu/%" PRIu32 "\n", row->n_blocks, func->n_blocks);
  }
}

static void write_json(const struct rows_found *r, size_t n_blocks, FILE *f) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_number(&j, "blocks", n_blocks);
  json_array(&j, "functions");
  for (size_t i = 0; i < r->n; i++) {
    const struct row *row = &r->v[i];
    const struct func *func = &row->img->funcs[row->func];
    json_object(&j, NULL);
    json_string(&j, "image", row->img->path);
    json_string(&j, "function", func->display);
    json_string(&j, "linkage_name", func->name);
    json_string(&j, "file", row->img->files.strings[row->file]);
    json_array_inline(&j, "lines");
    for (size_t k = 0; k < row->n_lines; k++)
      json_number(&j, NULL, row->lines[k]);
    json_end(&j, ']');
    json_number(&j, "blocks", row->n_blocks);
    json_number(&j, "of", func->n_blocks);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_end(&j, '}');
  fputc('\n', f);
}

static int print(const struct side *a, const struct side *b, bool json) {
  size_t n, n_blocks = 0;
  struct rows_found rows = {0};
  struct news *news = news_make(a, b, &n);
  struct output out;
  for (size_t i = 0; i < n; i++) {
    n_blocks += news[i].n;
    for (uint32_t k = 0; k < news[i].img->n_funcs; k++)
      add_func(&rows, &news[i], k);
  }
  if (rows.n)
    qsort(rows.v, rows.n, sizeof(*rows.v), compare_rows);
  output_open(&out, NULL);
  if (json)
    write_json(&rows, n_blocks, out.f);
  else
    write_text(&rows, out.f);
  for (size_t i = 0; i < rows.n; i++)
    free(rows.v[i].lines);
  free(rows.v);
  news_free(news, n);
  if (!output_close(&out, true))
    return EXIT_FAILED;
  return a->complete && b->complete ? EXIT_DONE : EXIT_FAILED;
}

/* ---- Sides --------------------------------------------------------------- */

struct images {
  struct image *v;
  size_t n;
};

static int read_dump(struct side *r, const char *path,
                     const struct images *given) {
  struct results results = {0};
  FILE *f = dumpfile_open(path);
  if (!f)
    return EXIT_FAILED;
  enum dump_result result = results_read(&results, f, path);
  fclose(f);
  if (result == DUMP_READ)
    side_results(r, &results, path, given->v, given->n);
  results_free(&results);
  return result == DUMP_READ  ? EXIT_DONE
         : result == DUMP_BAD ? EXIT_USAGE
                              : EXIT_FAILED;
}

static bool open_index(struct index *ix, const char *path, struct side *r) {
  struct gathered gathered;
  bool ok = index_open_gathered(ix, path, &gathered);
  if (ok && !gathered.complete)
    r->complete = false;
  return ok;
}

static int read_side(struct side *r, struct index *ix, const char *path,
                     const struct images *given) {
  if (!names_index(path))
    return read_dump(r, path, given);
  bool complete = true;
  if (!open_index(ix, path, r))
    return EXIT_FAILED;
  complete = r->complete;
  bool ok = side_index(r, ix, 0);
  r->complete &= complete;
  return ok ? EXIT_DONE : EXIT_FAILED;
}

static int compare_sides(char **paths, const struct images *given, bool json) {
  struct side sides[2] = {{.complete = true}, {.complete = true}};
  struct index ix[2] = {{0}, {0}};
  int status = EXIT_DONE;
  for (int i = 0; i < 2 && status == EXIT_DONE; i++)
    status = read_side(&sides[i], &ix[i], paths[i], given);
  if (status == EXIT_DONE)
    status = print(&sides[0], &sides[1], json);
  for (int i = 0; i < 2; i++) {
    side_free(&sides[i]);
    index_close(&ix[i]);
  }
  return status;
}

static int read_test(struct side *r, struct index *ix, const char *name) {
  int64_t test = 0;
  if (!sql_get(ix, &test, "SELECT id FROM test WHERE name = ?", "t", name))
    return EXIT_FAILED;
  if (!test) {
    fail(ix->path, "no test called '%s'", name);
    return EXIT_FAILED;
  }
  return side_index(r, ix, test) ? EXIT_DONE : EXIT_FAILED;
}

static int compare_tests(char **args, bool json) {
  struct side sides[2] = {{.complete = true}, {.complete = true}};
  struct index ix;
  struct gathered gathered;
  int status =
      index_open_gathered(&ix, args[0], &gathered) ? EXIT_DONE : EXIT_FAILED;
  for (int i = 0; i < 2 && status == EXIT_DONE; i++)
    status = read_test(&sides[i], &ix, args[i + 1]);
  if (status == EXIT_DONE)
    status = print(&sides[0], &sides[1], json);
  for (int i = 0; i < 2; i++)
    side_free(&sides[i]);
  index_close(&ix);
  return status;
}

static int with_images(char **args, int n, bool json) {
  struct images given = {xcalloc((size_t)n, sizeof(struct image)), 0};
  int status = EXIT_DONE;
  for (int i = 0; i < n - 2 && status == EXIT_DONE; i++)
    if (!image_load_any(&given.v[given.n++], args[i]) ||
        !image_require_blocks(&given.v[given.n - 1]))
      status = EXIT_FAILED;
  if (status == EXIT_DONE)
    status = compare_sides(args + n - 2, &given, json);
  for (size_t i = 0; i < given.n; i++)
    image_free(&given.v[i]);
  free(given.v);
  return status;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  bool json = false;
  int opt;
  while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1)
    switch (opt) {
    case 'j':
      json = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("diff", opt, argv);
    }
  int n = argc - optind;
  if (n < 2)
    return usage_error("diff", "which two?");
  if (n == 3 && names_index(argv[optind]))
    return compare_tests(argv + optind, json);
  return with_images(argv + optind, n, json);
}

const struct command diff_command = {"diff", help, run};
