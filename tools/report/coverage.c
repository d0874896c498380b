// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* coverage.c - counts of blocks become counts of lines, functions and files */
#include "report/coverage.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "report/blocks.h"

/* Indices to be sorted, with what their order depends on. */
static const struct image *sort_img;

/* What a full byte of these probes stands for, or more. */
#define UNARY_FULL 8
#define COUNTER_FULL 255

void count_add(struct cov_count *sum, const struct func *f, uint64_t n) {
  sum->n = add_saturating(sum->n, n);
  sum->at_least |= (f->probe == KCOV8_PROBE_UNARY && n >= UNARY_FULL) ||
                   (f->probe == KCOV8_PROBE_COUNTER && n >= COUNTER_FULL);
}

static bool wants_file(const struct filter *filter, size_t file) {
  return !filter->files || filter->files[file];
}

static int compare_u32(uint32_t a, uint32_t b) { return (a > b) - (a < b); }

/* Blocks that count, if their file does. */
static bool *find_live(const struct image *img, const struct cov_count *counts,
                       const struct filter *filter) {
  bool *live = xcalloc(img->n_blocks, sizeof(*live));
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    bool hit = false;
    if (filter->funcs && !filter->funcs[i])
      continue;
    for (uint32_t b = 0; b < f->n_blocks; b++)
      hit |= counts[f->first_block + b].n != 0;
    for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
      live[b] = counts[b].n ||
                ((hit || !f->discarded) && !block_removed(&img->blocks[b]));
  }
  return live;
}

/* ---- Lines ---- */

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

static void make_lines(struct coverage *cov, const bool *live,
                       const struct filter *filter) {
  const struct image *img = cov->img;
  struct counted_run *runs = xcalloc(img->n_runs, sizeof(*runs));
  size_t n = 0;
  for (size_t b = 0; b < img->n_blocks; b++) {
    const struct block *block = &img->blocks[b];
    if (!live[b])
      continue;
    cov->n_without_lines +=
        block->n_runs == 0 && wants_file(filter, block->file);
    for (uint32_t i = 0; i < block->n_runs; i++) {
      const struct run *r = &img->runs[block->run + i];
      runs[n++] =
          (struct counted_run){r->file, r->first, r->count, cov->counts[b]};
    }
  }
  qsort(runs, n, sizeof(*runs), compare_runs);
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i; end < n && runs[end].file == runs[i].file; end++)
      ;
    cov->at_least |=
        paint_lines(&cov->files[runs[i].file], runs + i, end - i) &&
        wants_file(filter, runs[i].file);
  }
  free(runs);
}

/* ---- Functions ---- */

static int compare_identity(const void *a, const void *b) {
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const struct func *x = &sort_img->funcs[i], *y = &sort_img->funcs[j];
  if (x->file != y->file)
    return compare_u32(x->file, y->file);
  int order = strcmp(x->name, y->name);
  return order ? order : compare_u32(i, j);
}

static int compare_funcs(const void *a, const void *b) {
  const struct cov_func *x = a, *y = b;
  if (x->line != y->line)
    return compare_u32(x->line, y->line);
  return strcmp(sort_img->funcs[x->func].name, sort_img->funcs[y->func].name);
}

/* The lines of one copy that are its own file's, and not above its head. */
static void find_lines(const struct coverage *cov, const bool *live,
                       struct cov_func *out) {
  const struct image *img = cov->img;
  const struct func *f = &img->funcs[out->func];
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    for (uint32_t i = 0; live[b] && i < img->blocks[b].n_runs; i++) {
      const struct run *r = &img->runs[img->blocks[b].run + i];
      const uint32_t last = r->first + r->count - 1;
      if (r->file != f->file || last < out->line)
        continue;
      const uint32_t first = r->first < out->line ? out->line : r->first;
      if (!out->first || first < out->first)
        out->first = first;
      if (last > out->last)
        out->last = last;
    }
}

/* One copy of a function; false if none of its blocks is live. */
static bool make_copy(const struct coverage *cov, const bool *live,
                      uint32_t index, struct cov_func *out) {
  const struct image *img = cov->img;
  const struct func *f = &img->funcs[index];
  struct cov_count most = {0};
  *out = (struct cov_func){.func = index, .line = f->line};
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++) {
    const struct block *block = &img->blocks[b];
    if (!live[b])
      continue;
    out->blocks.total++;
    out->blocks.hit += cov->counts[b].n != 0;
    if (block->flags & KCOV8_BLOCK_ENTRY)
      out->count = cov->counts[b];
    if (cov->counts[b].n > most.n)
      most.n = cov->counts[b].n;
    most.at_least |= cov->counts[b].at_least;
    if (!f->line && block->l0 && block->file == f->file &&
        (!out->line || block->l0 < out->line))
      out->line = block->l0;
  }
  if (!out->count.n)
    out->count = most;
  find_lines(cov, live, out);
  return out->blocks.total != 0;
}

static void add_func(struct cov_file *file, const struct cov_func *f) {
  size_t n = file->n_funcs.total, cap = n;
  if (n == 0 || (n & (n - 1)) == 0) /* doubles at each power of two */
    file->funcs = xrealloc(file->funcs, cap ? cap * 2 : 1, sizeof(*f));
  file->funcs[file->n_funcs.total++] = *f;
}

static void make_funcs(struct coverage *cov, const bool *live) {
  const struct image *img = cov->img;
  uint32_t *order = xcalloc(img->n_funcs, sizeof(*order));
  for (size_t i = 0; i < img->n_funcs; i++)
    order[i] = (uint32_t)i;
  sort_img = img;
  qsort(order, img->n_funcs, sizeof(*order), compare_identity);
  const struct func *last = NULL;
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[order[i]];
    struct cov_file *file = &cov->files[f->file];
    struct cov_func copy;
    if (!make_copy(cov, live, order[i], &copy))
      continue;
    if (last && last->file == f->file && strcmp(last->name, f->name) == 0) {
      struct cov_func *same = &file->funcs[file->n_funcs.total - 1];
      if (!same->line || (copy.line && copy.line < same->line))
        same->line = copy.line;
      if (!same->first || (copy.first && copy.first < same->first))
        same->first = copy.first;
      if (copy.last > same->last)
        same->last = copy.last;
      same->count.n = add_saturating(same->count.n, copy.count.n);
      same->count.at_least |= copy.count.at_least;
      same->blocks.hit += copy.blocks.hit;
      same->blocks.total += copy.blocks.total;
    } else {
      add_func(file, &copy);
    }
    last = f;
  }
  for (size_t i = 0; i < cov->n_files; i++) {
    struct cov_file *file = &cov->files[i];
    if (file->n_funcs.total)
      qsort(file->funcs, file->n_funcs.total, sizeof(*file->funcs),
            compare_funcs);
    for (size_t f = 0; f < file->n_funcs.total; f++)
      file->n_funcs.hit += file->funcs[f].blocks.hit != 0;
  }
  free(order);
}

/* ---- Blocks and files ---- */

static int compare_positions(const void *a, const void *b) {
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const struct block *x = &sort_img->blocks[i], *y = &sort_img->blocks[j];
  if (x->file != y->file)
    return compare_u32(x->file, y->file);
  if (x->l0 != y->l0)
    return compare_u32(x->l0, y->l0);
  if (x->c0 != y->c0)
    return compare_u32(x->c0, y->c0);
  return x->id < y->id ? -1 : x->id > y->id;
}

static void make_blocks(struct coverage *cov, const bool *live) {
  const struct image *img = cov->img;
  uint32_t *order = xcalloc(img->n_blocks, sizeof(*order));
  size_t n = 0;
  for (size_t b = 0; b < img->n_blocks; b++)
    if (live[b])
      order[n++] = (uint32_t)b;
  sort_img = img;
  qsort(order, n, sizeof(*order), compare_positions);
  for (size_t i = 0; i < n;) {
    uint32_t index = img->blocks[order[i]].file;
    struct cov_file *file = &cov->files[index];
    file->blocks = xcalloc(n - i, sizeof(*file->blocks));
    for (; i < n && img->blocks[order[i]].file == index; i++) {
      file->blocks[file->n_blocks.total++] = order[i];
      file->n_blocks.hit += cov->counts[order[i]].n != 0;
    }
    file->blocks =
        xrealloc(file->blocks, file->n_blocks.total, sizeof(*file->blocks));
  }
  free(order);
}

static int compare_paths(const void *a, const void *b) {
  const struct cov_file *x = a, *y = b;
  return strcmp(x->path, y->path);
}

static void free_file(struct cov_file *file) {
  free(file->funcs);
  free(file->lines);
  free(file->blocks);
}

static void add_ratio(struct cov_ratio *sum, struct cov_ratio r) {
  sum->hit += r.hit;
  sum->total += r.total;
}

void coverage_make(struct coverage *cov, const struct image *img,
                   struct cov_count *counts, const struct filter *filter) {
  *cov = (struct coverage){.img = img, .counts = counts};
  cov->n_files = img->files.n;
  cov->files = xcalloc(cov->n_files, sizeof(*cov->files));
  for (size_t i = 0; i < cov->n_files; i++)
    cov->files[i].path = img->files.strings[i];
  bool *live = find_live(img, counts, filter);
  make_blocks(cov, live);
  make_funcs(cov, live);
  make_lines(cov, live, filter);
  free(live);

  size_t n = 0;
  for (size_t i = 0; i < cov->n_files; i++) {
    struct cov_file *file = &cov->files[i];
    if (!wants_file(filter, i) ||
        (!file->n_blocks.total && !file->n_funcs.total &&
         !file->n_lines.total)) {
      free_file(file);
      continue;
    }
    add_ratio(&cov->n_blocks, file->n_blocks);
    add_ratio(&cov->n_funcs, file->n_funcs);
    add_ratio(&cov->n_lines, file->n_lines);
    cov->files[n++] = *file;
  }
  cov->n_files = n;
  qsort(cov->files, n, sizeof(*cov->files), compare_paths);
}

void coverage_free(struct coverage *cov) {
  for (size_t i = 0; i < cov->n_files; i++)
    free_file(&cov->files[i]);
  free(cov->files);
  free(cov->counts);
}
