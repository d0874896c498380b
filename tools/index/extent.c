// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * extent.c - first and last lines, by declarations
 *
 * A function also has lines of others that are inlined into it, from above and
 * from below, in the same file. Those ahead of its declaration are not its own;
 * nor are those behind that of the next function.
 */
#include "index/extent.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

static int compare_extents(const void *a, const void *b) {
  const struct extent *x = a, *y = b;
  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  if (x->first != y->first)
    return x->first < y->first ? -1 : 1;
  return (x->func > y->func) - (x->func < y->func);
}

static bool make_extent(const struct image *img, uint32_t func,
                        struct extent *e) {
  const struct func *f = &img->funcs[func];
  *e = (struct extent){func, f->file, f->line, f->line};
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    for (uint32_t i = 0; i < img->blocks[b].n_runs; i++) {
      const struct run *r = &img->runs[img->blocks[b].run + i];
      if (r->file != f->file)
        continue;
      uint32_t last = r->first + r->count - 1;
      if (!f->line && (!e->first || r->first < e->first))
        e->first = r->first;
      if (last > e->last)
        e->last = last;
    }
  return e->first;
}

struct extent *extents_make(const struct image *img, const bool *files,
                            size_t *n) {
  struct extent *v = xcalloc(img->n_funcs, sizeof(*v));
  *n = 0;
  for (uint32_t i = 0; i < img->n_funcs; i++)
    if ((!files || files[img->funcs[i].file]) && make_extent(img, i, &v[*n]))
      ++*n;
  qsort(v, *n, sizeof(*v), compare_extents);
  for (size_t i = 0, end; i < *n; i = end) {
    for (end = i;
         end < *n && v[end].file == v[i].file && v[end].first == v[i].first;)
      end++;
    if (end == *n || v[end].file != v[i].file)
      continue;
    for (size_t k = i; k < end; k++)
      if (v[k].last >= v[end].first)
        v[k].last = v[end].first - 1;
  }
  return v;
}

static void add_code(struct file_code *c, const struct run *r) {
  uint32_t end = r->first + r->count;
  if (end > c->n_lines) {
    uint32_t n = c->n_lines ? c->n_lines : 256;
    while (n < end)
      n *= 2;
    c->code = xrealloc(c->code, n, sizeof(*c->code));
    memset(c->code + c->n_lines, 0, n - c->n_lines);
    c->n_lines = n;
  }
  memset(c->code + r->first, true, r->count);
}

void file_code_add(struct file_code *c, const struct image *img,
                   const char *path) {
  bool any = false, *files = xcalloc(img->files.n, sizeof(*files));
  for (size_t i = 0; i < img->files.n; i++)
    any |= files[i] = strcmp(img->files.strings[i], path) == 0;
  for (size_t b = 0; any && b < img->n_blocks; b++)
    for (uint32_t i = 0; i < img->blocks[b].n_runs; i++) {
      const struct run *r = &img->runs[img->blocks[b].run + i];
      if (files[r->file])
        add_code(c, r);
    }
  if (any) {
    size_t n;
    struct extent *more = extents_make(img, files, &n);
    c->extents = xrealloc(c->extents, c->n + n, sizeof(*more));
    for (size_t i = 0; i < n; i++)
      c->extents[c->n++] = more[i];
    free(more);
  }
  free(files);
}

void file_code_free(struct file_code *c) {
  free(c->code);
  free(c->extents);
}

bool file_code_on(const struct file_code *c, uint32_t line) {
  return line < c->n_lines && c->code[line];
}

bool file_code_in(const struct file_code *c, uint32_t line, bool *first,
                  bool *last) {
  bool in = false;
  *first = *last = true;
  for (size_t i = 0; i < c->n; i++)
    if (c->extents[i].first <= line && line <= c->extents[i].last) {
      in = true;
      *first &= c->extents[i].first == line;
      *last &= c->extents[i].last == line;
    }
  return in;
}
