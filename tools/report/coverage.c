// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* coverage.c - counts of blocks become counts of lines, functions and files */
#include "report/coverage.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "base/tool.h"
#include "report/blocks.h"
#include "report/inlined.h"
#include "report/lines.h"

/* What the order of things to be sorted depends on. */
static const struct coverage *sort_cov;

/* What a full byte of these probes stands for, or more. */
#define UNARY_FULL 8
#define COUNTER_FULL 255

void count_add(struct cov_count *sum, const struct func *f, uint64_t n) {
  sum->n = add_saturating(sum->n, n);
  sum->at_least |= (f->probe == KCOV8_PROBE_UNARY && n >= UNARY_FULL) ||
                   (f->probe == KCOV8_PROBE_COUNTER && n >= COUNTER_FULL);
}

/* Blocks that count, if their file does. */
static bool *find_live(const struct cov_image *image) {
  const struct image *img = image->img;
  bool *live = xcalloc(img->n_blocks, sizeof(*live));
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    bool hit = false;
    if (image->filter.funcs && !image->filter.funcs[i])
      continue;
    for (uint32_t b = 0; b < f->n_blocks; b++)
      hit |= image->counts[f->first_block + b].n != 0;
    for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
      live[b] = image->counts[b].n ||
                ((hit || !f->discarded) && !block_removed(&img->blocks[b]));
  }
  return live;
}

/* ---- Functions ---- */

static int compare_copies(const void *a, const void *b) {
  const struct cov_copy *x = a, *y = b;
  if (x->file != y->file)
    return compare_u32(x->file, y->file);
  int order = strcmp(x->func->name, y->func->name);
  if (order)
    return order;
  if (x->image != y->image)
    return compare_u32(x->image, y->image);
  return (x->func > y->func) - (x->func < y->func);
}

static int compare_funcs(const void *a, const void *b) {
  const struct cov_func *x = a, *y = b;
  if (x->line != y->line)
    return compare_u32(x->line, y->line);
  return strcmp(x->func->name, y->func->name);
}

/* The lines of one copy that are its own file's, and not above its head. */
static void find_lines(const struct cov_image *image, struct cov_func *out) {
  const struct image *img = image->img;
  const struct func *f = out->func;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    for (uint32_t i = 0; image->live[b] && i < img->blocks[b].n_runs; i++) {
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
static bool make_copy(const struct cov_image *image, const struct func *f,
                      struct cov_func *out) {
  const struct image *img = image->img;
  struct cov_count most = {0};
  *out = (struct cov_func){.func = f, .line = f->line};
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++) {
    const struct block *block = &img->blocks[b];
    const struct cov_count count = image->counts[b];
    if (!image->live[b])
      continue;
    out->blocks.total++;
    out->blocks.hit += count.n != 0;
    if (block->flags & KCOV8_BLOCK_ENTRY)
      out->count = count;
    if (count.n > most.n)
      most.n = count.n;
    most.at_least |= count.at_least;
    if (!f->line && block->l0 && block->file == f->file &&
        (!out->line || block->l0 < out->line))
      out->line = block->l0;
  }
  if (!out->count.n)
    out->count = most;
  find_lines(image, out);
  return out->blocks.total != 0;
}

static void add_func(struct cov_file *file, const struct cov_func *f) {
  size_t n = file->n_funcs.total, cap = n;
  if (n == 0 || (n & (n - 1)) == 0) /* doubles at each power of two */
    file->funcs = xrealloc(file->funcs, cap ? cap * 2 : 1, sizeof(*f));
  file->funcs[file->n_funcs.total++] = *f;
}

static struct cov_copy *sort_copies(const struct coverage *cov, size_t *n) {
  *n = 0;
  for (size_t i = 0; i < cov->n_images; i++)
    *n += cov->images[i].img->n_funcs;
  struct cov_copy *copies = xcalloc(*n, sizeof(*copies)), *next = copies;
  for (uint32_t i = 0; i < cov->n_images; i++) {
    const struct image *img = cov->images[i].img;
    for (size_t f = 0; f < img->n_funcs; f++)
      *next++ = (struct cov_copy){&img->funcs[f], i,
                                  cov->images[i].files[img->funcs[f].file]};
  }
  qsort(copies, *n, sizeof(*copies), compare_copies);
  return copies;
}

static void make_funcs(struct coverage *cov) {
  size_t n;
  struct cov_copy *copies = cov->copies = sort_copies(cov, &n);
  const struct cov_copy *last = NULL;
  for (size_t i = 0; i < n; i++) {
    const struct cov_copy *c = &copies[i];
    struct cov_file *file = &cov->files[c->file];
    struct cov_func copy;
    if (!make_copy(&cov->images[c->image], c->func, &copy))
      continue;
    if (last && last->file == c->file &&
        strcmp(last->func->name, c->func->name) == 0) {
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
      same->n_copies = (uint32_t)(c - same->copies) + 1;
    } else {
      copy.copies = c;
      copy.n_copies = 1;
      add_func(file, &copy);
    }
    last = c;
  }
  for (size_t i = 0; i < cov->n_files; i++) {
    struct cov_file *file = &cov->files[i];
    if (file->n_funcs.total)
      qsort(file->funcs, file->n_funcs.total, sizeof(*file->funcs),
            compare_funcs);
    for (size_t f = 0; f < file->n_funcs.total; f++)
      file->n_funcs.hit += file->funcs[f].blocks.hit != 0;
  }
}

/* ---- Blocks and files ---- */

static uint32_t file_of(const struct coverage *cov, struct cov_block b) {
  return cov->images[b.image].files[cov_block(cov, b)->file];
}

static int compare_positions(const void *a, const void *b) {
  const struct cov_block *i = a, *j = b;
  const struct block *x = cov_block(sort_cov, *i), *y = cov_block(sort_cov, *j);
  uint32_t x_file = file_of(sort_cov, *i), y_file = file_of(sort_cov, *j);
  if (x_file != y_file)
    return compare_u32(x_file, y_file);
  if (x->l0 != y->l0)
    return compare_u32(x->l0, y->l0);
  if (x->c0 != y->c0)
    return compare_u32(x->c0, y->c0);
  if (x->id != y->id)
    return x->id < y->id ? -1 : 1;
  return compare_u32(i->image, j->image);
}

static void make_blocks(struct coverage *cov) {
  size_t n = 0, most = 0;
  for (size_t i = 0; i < cov->n_images; i++)
    most += cov->images[i].img->n_blocks;
  struct cov_block *all = xcalloc(most, sizeof(*all));
  for (uint32_t i = 0; i < cov->n_images; i++)
    for (uint32_t b = 0; b < cov->images[i].img->n_blocks; b++)
      if (cov->images[i].live[b])
        all[n++] = (struct cov_block){i, b};
  sort_cov = cov;
  qsort(all, n, sizeof(*all), compare_positions);
  for (size_t i = 0, end; i < n; i = end) {
    uint32_t index = file_of(cov, all[i]);
    struct cov_file *file = &cov->files[index];
    for (end = i; end < n && file_of(cov, all[end]) == index; end++)
      file->n_blocks.hit += cov_count_of(cov, all[end]).n != 0;
    file->n_blocks.total = end - i;
    file->blocks = xcalloc(end - i, sizeof(*file->blocks));
    memcpy(file->blocks, all + i, (end - i) * sizeof(*all));
  }
  free(all);
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

/* Number the files of all images; @wanted: by that number. */
static bool *number_files(struct coverage *cov) {
  bool *wanted = NULL;
  size_t n = 0, cap = 0;
  for (size_t i = 0; i < cov->n_images; i++) {
    struct cov_image *image = &cov->images[i];
    const struct strtab *files = &image->img->files;
    image->files = xcalloc(files->n, sizeof(*image->files));
    for (size_t f = 0; f < files->n; f++) {
      const char *path = files->strings[f];
      image->files[f] = strtab_add(&cov->paths, path, strlen(path));
      if (image->files[f] < n)
        continue;
      wanted = vec_push(wanted, &n, &cap, sizeof(*wanted));
      wanted[n - 1] = !image->filter.files || image->filter.files[f];
    }
  }
  return wanted;
}

void coverage_make(struct coverage *cov, struct cov_image *images,
                   size_t n_images) {
  *cov = (struct coverage){.images = images, .n_images = n_images};
  bool *wanted = number_files(cov);
  cov->n_files = cov->paths.n;
  cov->files = xcalloc(cov->n_files, sizeof(*cov->files));
  for (size_t i = 0; i < cov->n_files; i++)
    cov->files[i].path = cov->paths.strings[i];
  for (size_t i = 0; i < n_images; i++)
    images[i].live = find_live(&images[i]);
  find_inlined(cov);
  make_blocks(cov);
  make_funcs(cov);
  make_lines(cov, wanted);

  size_t n = 0;
  for (size_t i = 0; i < cov->n_files; i++) {
    struct cov_file *file = &cov->files[i];
    if (!wanted[i] || (!file->n_blocks.total && !file->n_funcs.total &&
                       !file->n_lines.total)) {
      free_file(file);
      continue;
    }
    add_ratio(&cov->n_blocks, file->n_blocks);
    add_ratio(&cov->n_funcs, file->n_funcs);
    add_ratio(&cov->n_lines, file->n_lines);
    cov->files[n++] = *file;
  }
  free(wanted);
  cov->n_files = n;
  qsort(cov->files, n, sizeof(*cov->files), compare_paths);
}

void coverage_free(struct coverage *cov) {
  for (size_t i = 0; i < cov->n_files; i++)
    free_file(&cov->files[i]);
  free(cov->files);
  for (size_t i = 0; i < cov->n_images; i++) {
    free(cov->images[i].files);
    free(cov->images[i].live);
    free(cov->images[i].inlined);
  }
  strtab_free(&cov->paths);
  free(cov->copies);
  for (size_t i = 0; i < cov->n_groups; i++)
    free(cov->groups[i].blocks);
  free(cov->groups);
}
