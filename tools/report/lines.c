// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* lines.c - each line takes the count of its busiest block */
#include "report/lines.h"

#include <stdlib.h>

#include "base/order.h"
#include "base/tool.h"

/* A run of lines that ran @count times. */
struct counted_run {
  uint32_t file, first, n;
  struct cov_count count;
};

static int compare_runs(const void *a, const void *b) {
  const struct counted_run *x = a, *y = b;
  if (x->file != y->file)
    return compare_u32(x->file, y->file);
  if (x->count.n != y->count.n)
    return x->count.n > y->count.n ? -1 : 1;
  if (x->first != y->first)
    return compare_u32(x->first, y->first);
  return compare_u32(x->n, y->n);
}

/*
 * A line's count is a lower bound if one of its blocks' is: the largest may be
 * that one. Return: whether there is such a line.
 */
static bool mark_bounds(struct cov_file *file, const struct counted_run *runs,
                        size_t n_runs, uint32_t last) {
  bool any = false;
  for (size_t i = 0; i < n_runs; i++)
    any |= runs[i].count.at_least;
  if (!any)
    return false;
  int32_t *begun = xcalloc((size_t)last + 2, sizeof(*begun));
  for (size_t i = 0; i < n_runs; i++)
    if (runs[i].count.at_least) {
      begun[runs[i].first]++;
      begun[runs[i].first + runs[i].n]--;
    }
  int32_t inside = 0;
  for (uint32_t line = 1, i = 0; line <= last; line++) {
    inside += begun[line];
    if (i < file->n_lines.total && file->lines[i].line == line)
      file->lines[i++].count.at_least = inside != 0;
  }
  free(begun);
  return true;
}

/*
 * The lines of one file. Its runs come busiest first, so each line takes the
 * first count it meets; @next skips the lines that have theirs, which makes
 * the time independent of how far runs overlap.
 */
static bool paint_lines(struct cov_file *file, const struct counted_run *runs,
                        size_t n_runs) {
  uint32_t last = 0;
  for (size_t i = 0; i < n_runs; i++)
    if (runs[i].first + runs[i].n - 1 > last)
      last = runs[i].first + runs[i].n - 1;
  uint64_t *counts = xcalloc((size_t)last + 1, sizeof(*counts));
  uint32_t *next = xcalloc((size_t)last + 2, sizeof(*next));
  for (uint32_t line = 0; line <= last + 1; line++)
    next[line] = line;
  for (size_t i = 0; i < n_runs; i++) {
    uint32_t end = runs[i].first + runs[i].n;
    for (uint32_t line = runs[i].first;;) {
      while (next[line] != line)
        line = next[line] = next[next[line]];
      if (line >= end)
        break;
      counts[line] = runs[i].count.n;
      next[line] = line + 1;
      file->n_lines.total++;
      file->n_lines.hit += runs[i].count.n != 0;
    }
  }
  file->lines = xcalloc(file->n_lines.total, sizeof(*file->lines));
  for (uint32_t line = 1, i = 0; line <= last; line++)
    if (next[line] != line)
      file->lines[i++] = (struct cov_line){line, {counts[line], false}};
  free(counts);
  free(next);
  return mark_bounds(file, runs, n_runs, last);
}

/* The runs of all live blocks of one image, behind the @n that are there. */
static size_t add_runs(struct coverage *cov, uint32_t number,
                       const bool *wanted, struct counted_run *runs, size_t n) {
  const struct cov_image *image = &cov->images[number];
  const struct image *img = image->img;
  for (uint32_t b = 0; b < img->n_blocks; b++) {
    const struct block *block = &img->blocks[b];
    if (!image->live[b])
      continue;
    cov->n_without_lines +=
        block->n_runs == 0 && wanted[image->files[block->file]];
    for (uint32_t i = 0; i < block->n_runs; i++) {
      const struct run *r = &img->runs[block->run + i];
      runs[n++] = (struct counted_run){
          image->files[r->file], r->first, r->count,
          cov_line_count(cov, (struct cov_block){number, b})};
    }
  }
  return n;
}

void make_lines(struct coverage *cov, const bool *wanted) {
  size_t n = 0, most = 0;
  for (size_t i = 0; i < cov->n_images; i++)
    most += cov->images[i].img->n_runs;
  struct counted_run *runs = xcalloc(most, sizeof(*runs));
  for (uint32_t i = 0; i < cov->n_images; i++)
    n = add_runs(cov, i, wanted, runs, n);
  qsort(runs, n, sizeof(*runs), compare_runs);
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i; end < n && runs[end].file == runs[i].file; end++)
      ;
    cov->at_least |=
        paint_lines(&cov->files[runs[i].file], runs + i, end - i) &&
        wanted[runs[i].file];
  }
  free(runs);
}
