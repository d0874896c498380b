// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* parts.c - blocks, sorted by what they look like */
#include "report/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "base/search.h"
#include "base/tool.h"

#define NO_FILE UINT32_MAX

/* A block's look in one file. */
struct look {
  struct part part;
  struct cov_block block;
};

/* The lines of two looks; the numbers of a run's file differ by image. */
static int compare_runs(const struct part *a, const struct part *b) {
  for (uint32_t i = 0; i < a->n_runs && i < b->n_runs; i++) {
    int order = compare_u32(a->runs[i].first, b->runs[i].first);
    order = order ? order : compare_u32(a->runs[i].count, b->runs[i].count);
    if (order)
      return order;
  }
  return compare_u32(a->n_runs, b->n_runs);
}

static int compare_parts(const struct part *a, const struct part *b) {
  const uint32_t x[] = {a->file, a->l0, a->c0, a->l1, a->c1};
  const uint32_t y[] = {b->file, b->l0, b->c0, b->l1, b->c1};
  for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++)
    if (x[i] != y[i])
      return compare_u32(x[i], y[i]);
  return compare_runs(a, b);
}

static int compare_looks(const void *a, const void *b) {
  const struct look *x = a, *y = b;
  int order = compare_parts(&x->part, &y->part);
  if (order)
    return order;
  order = compare_u32(x->block.image, y->block.image);
  return order ? order : compare_u32(x->block.block, y->block.block);
}

static bool path_below(const void *element, const void *key) {
  return strcmp(((const struct cov_file *)element)->path, key) < 0;
}

/* By number in coverage.paths: index in coverage.files, or NO_FILE. */
static uint32_t *find_files(const struct coverage *cov) {
  uint32_t *at = xcalloc(cov->paths.n, sizeof(*at));
  for (size_t i = 0; i < cov->paths.n; i++) {
    const char *path = cov->paths.strings[i];
    size_t f = lower_bound(cov->files, cov->n_files, sizeof(*cov->files),
                           path_below, path);
    bool found = f < cov->n_files && strcmp(cov->files[f].path, path) == 0;
    at[i] = found ? (uint32_t)f : NO_FILE;
  }
  return at;
}

/* Runs of a block that are in one file stand side by side. */
static size_t add_looks(const struct coverage *cov, struct cov_block which,
                        const uint32_t *files, struct look *looks) {
  const struct cov_image *image = &cov->images[which.image];
  const struct block *b = cov_block(cov, which);
  const struct run *runs = image->img->runs + b->run;
  size_t n = 0;
  for (uint32_t i = 0, end; i < b->n_runs; i = end) {
    struct part part = {.file = files[image->files[runs[i].file]],
                        .runs = &runs[i],
                        .count = cov_line_count(cov, which)};
    for (end = i; end < b->n_runs && runs[end].file == runs[i].file; end++)
      part.n_runs++;
    if (runs[i].file == b->file) {
      part.l0 = b->l0;
      part.c0 = b->c0;
      part.l1 = b->l1;
      part.c1 = b->c1;
    }
    if (part.file != NO_FILE)
      looks[n++] = (struct look){part, which};
  }
  return n;
}

static struct look *find_looks(const struct coverage *cov, size_t *n) {
  size_t most = 0;
  uint32_t *files = find_files(cov);
  for (size_t i = 0; i < cov->n_images; i++)
    most += cov->images[i].img->n_runs;
  struct look *looks = xcalloc(most, sizeof(*looks));
  *n = 0;
  for (uint32_t i = 0; i < cov->n_images; i++)
    for (uint32_t b = 0; b < cov->images[i].img->n_blocks; b++)
      if (cov->images[i].live[b])
        *n += add_looks(cov, (struct cov_block){i, b}, files, looks + *n);
  free(files);
  qsort(looks, *n, sizeof(*looks), compare_looks);
  return looks;
}

void parts_make(struct parts *parts, const struct coverage *cov) {
  size_t n;
  struct look *looks = find_looks(cov, &n);
  *parts = (struct parts){
      .parts = xcalloc(n, sizeof(*parts->parts)),
      .first = xcalloc(cov->n_files + 1, sizeof(*parts->first)),
      .blocks = xcalloc(n, sizeof(*parts->blocks)),
  };
  for (size_t i = 0; i < n; i++) {
    struct part *last = parts->n ? &parts->parts[parts->n - 1] : NULL;
    if (!last || compare_parts(last, &looks[i].part) != 0) {
      last = &parts->parts[parts->n++];
      *last = looks[i].part;
      last->first = i;
      parts->first[last->file + 1] = parts->n;
    }
    parts->blocks[i] = looks[i].block;
    last->n_blocks++;
    if (looks[i].part.count.n > last->count.n)
      last->count = looks[i].part.count;
  }
  for (size_t f = 0; f < cov->n_files; f++)
    if (parts->first[f + 1] < parts->first[f])
      parts->first[f + 1] = parts->first[f];
  free(looks);
}

void parts_free(struct parts *parts) {
  free(parts->parts);
  free(parts->first);
  free(parts->blocks);
  *parts = (struct parts){0};
}

/* ---- Lines ---- */

/* By line number: its index in cov_file.lines; lines of parts are all there. */
static uint32_t *index_lines(const struct cov_file *file) {
  const size_t n = file->n_lines.total;
  uint32_t *at =
      xcalloc(n ? (size_t)file->lines[n - 1].line + 1 : 1, sizeof(*at));
  for (uint32_t i = 0; i < n; i++)
    at[file->lines[i].line] = i;
  return at;
}

void line_parts_make(struct line_parts *of, const struct parts *parts,
                     const struct coverage *cov, uint32_t file) {
  const size_t n = cov->files[file].n_lines.total;
  uint32_t *at = index_lines(&cov->files[file]);
  *of = (struct line_parts){.first = xcalloc(n + 2, sizeof(*of->first))};
  /* Counts first, two places on; then each becomes where its line begins. */
  for (int pass = 0; pass < 2; pass++) {
    for (size_t p = parts->first[file]; p < parts->first[file + 1]; p++)
      for (uint32_t r = 0; r < parts->parts[p].n_runs; r++) {
        const struct run *run = &parts->parts[p].runs[r];
        for (uint32_t l = run->first; l < run->first + run->count; l++)
          if (pass == 0)
            of->first[at[l] + 2]++;
          else
            of->parts[of->first[at[l] + 1]++] = (uint32_t)p;
      }
    for (size_t i = 2; pass == 0 && i < n + 2; i++)
      of->first[i] += of->first[i - 1];
    if (pass == 0)
      of->parts = xcalloc(of->first[n + 1], sizeof(*of->parts));
  }
  free(at);
}

void line_parts_free(struct line_parts *of) {
  free(of->first);
  free(of->parts);
}
