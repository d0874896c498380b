// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* inlined.c - blocks that did not run, and lines of theirs that did */
#include "report/inlined.h"

#include <kcov8/abi.h>
#include <stdlib.h>

#include "base/order.h"
#include "base/tool.h"

/* What is known of a line; a set. */
enum { RAN = 1, ASKED = 2 };

/* A block that did not run, and a line that tells of it; @decl: its function.
 */
struct candidate {
  uint32_t file, line, decl;
  struct cov_block block;
};

/* A block that ran has the line of the candidates from number @group on. */
struct witness {
  uint32_t group;
  struct cov_block block;
};

struct finding {
  struct coverage *cov;
  uint8_t **lines; /* by file and line */
  struct candidate *candidates;
  size_t n, cap;
  struct witness *witnesses;
  size_t n_witnesses, cap_witnesses;
};

static int compare_candidates(const void *a, const void *b) {
  const struct candidate *x = a, *y = b;
  const uint32_t u[] = {x->file, x->line, x->decl, x->block.image,
                        x->block.block};
  const uint32_t v[] = {y->file, y->line, y->decl, y->block.image,
                        y->block.block};
  for (size_t i = 0; i < sizeof(u) / sizeof(u[0]); i++)
    if (u[i] != v[i])
      return compare_u32(u[i], v[i]);
  return 0;
}

static int compare_witnesses(const void *a, const void *b) {
  const struct witness *x = a, *y = b;
  if (x->group != y->group)
    return compare_u32(x->group, y->group);
  if (x->block.image != y->block.image)
    return compare_u32(x->block.image, y->block.image);
  return compare_u32(x->block.block, y->block.block);
}

/* Calls @use for each line of each block that ran. */
static void each_line(struct finding *f,
                      void (*use)(struct finding *f, struct cov_block b,
                                  uint32_t file, uint32_t line)) {
  for (uint32_t i = 0; i < f->cov->n_images; i++) {
    const struct cov_image *image = &f->cov->images[i];
    const struct image *img = image->img;
    for (uint32_t b = 0; b < img->n_blocks; b++)
      for (uint32_t r = 0;
           image->live[b] && image->counts[b].n && r < img->blocks[b].n_runs;
           r++) {
        const struct run *run = &img->runs[img->blocks[b].run + r];
        for (uint32_t l = run->first; l < run->first + run->count; l++)
          use(f, (struct cov_block){i, b}, image->files[run->file], l);
      }
  }
}

static void make_lines_table(struct finding *f) {
  uint32_t *last = xcalloc(f->cov->n_files, sizeof(*last));
  for (size_t i = 0; i < f->cov->n_images; i++) {
    const struct cov_image *image = &f->cov->images[i];
    for (size_t r = 0; r < image->img->n_runs; r++) {
      const struct run *run = &image->img->runs[r];
      uint32_t *of = &last[image->files[run->file]];
      if (run->first + run->count > *of)
        *of = run->first + run->count;
    }
  }
  f->lines = xcalloc(f->cov->n_files, sizeof(*f->lines));
  for (size_t i = 0; i < f->cov->n_files; i++)
    f->lines[i] = xcalloc((size_t)last[i] + 1, 1);
  free(last);
}

static void mark_ran(struct finding *f, struct cov_block b, uint32_t file,
                     uint32_t line) {
  (void)b;
  f->lines[file][line] |= RAN;
}

/* ---- Candidates ---- */

static bool has_line(const struct image *img, const struct block *b,
                     uint32_t file, uint32_t line) {
  for (uint32_t i = 0; i < b->n_runs; i++) {
    const struct run *r = &img->runs[b->run + i];
    if (r->file == file && r->first <= line && line < r->first + r->count)
      return true;
  }
  return false;
}

/*
 * Whether the line that block @entry of @f begins with is of the function's own
 * text, and of no other block of it. A block that came whole from a function
 * that is inlined has its range there: above this one, or behind its text.
 */
static bool tells(const struct image *img, const struct func *f,
                  const struct block *entry) {
  if (!f->line || entry->file != f->file || entry->l0 < f->line)
    return false;
  for (uint32_t i = 0; i < f->n_blocks; i++) {
    const struct block *b = &img->blocks[f->first_block + i];
    if (b != entry &&
        (has_line(img, b, f->file, entry->l0) ||
         (b->file == f->file && b->l0 >= f->line && b->l0 < entry->l0)))
      return false;
  }
  return true;
}

static void add_candidates(struct finding *f, uint32_t image,
                           const struct func *func) {
  const struct cov_image *of = &f->cov->images[image];
  const uint32_t file = of->files[func->file];
  for (uint32_t b = func->first_block; b < func->first_block + func->n_blocks;
       b++) {
    const struct block *block = &of->img->blocks[b];
    if (!(block->flags & KCOV8_BLOCK_ENTRY) || !of->live[b] ||
        of->counts[b].n || !(f->lines[file][block->l0] & RAN) ||
        !tells(of->img, func, block))
      continue;
    f->lines[file][block->l0] |= ASKED;
    f->candidates =
        vec_push(f->candidates, &f->n, &f->cap, sizeof(*f->candidates));
    f->candidates[f->n - 1] =
        (struct candidate){file, block->l0, func->line, {image, b}};
  }
}

/* ---- Witnesses ---- */

static void ask(struct finding *f, struct cov_block b, uint32_t file,
                uint32_t line) {
  const struct cov_image *image = &f->cov->images[b.image];
  const struct func *func = &image->img->funcs[cov_block(f->cov, b)->func];
  if (!(f->lines[file][line] & ASKED) || !func->line)
    return;
  size_t lo = 0;
  for (size_t hi = f->n; lo < hi;) {
    size_t mid = lo + (hi - lo) / 2;
    const struct candidate *c = &f->candidates[mid];
    if (c->file < file || (c->file == file && c->line < line))
      lo = mid + 1;
    else
      hi = mid;
  }
  for (size_t i = lo; i < f->n && f->candidates[i].file == file &&
                      f->candidates[i].line == line;
       i++) {
    const uint32_t decl = f->candidates[i].decl;
    if ((i > lo && f->candidates[i - 1].decl == decl) ||
        (image->files[func->file] == file && func->line == decl))
      continue;
    f->witnesses = vec_push(f->witnesses, &f->n_witnesses, &f->cap_witnesses,
                            sizeof(*f->witnesses));
    f->witnesses[f->n_witnesses - 1] = (struct witness){(uint32_t)i, b};
  }
}

static bool same_group(const struct candidate *a, const struct candidate *b) {
  return a->file == b->file && a->line == b->line && a->decl == b->decl;
}

static void add_group(struct coverage *cov, const struct witness *w, size_t n) {
  struct cov_group *g;
  cov->groups =
      vec_push(cov->groups, &cov->n_groups, &cov->cap_groups, sizeof(*g));
  g = &cov->groups[cov->n_groups - 1];
  *g = (struct cov_group){.blocks = xcalloc(n, sizeof(*g->blocks)), .n = n};
  for (size_t i = 0; i < n; i++) {
    const struct cov_count count = cov_count_of(cov, w[i].block);
    g->blocks[i] = w[i].block;
    if (count.n > g->count.n)
      g->count = count;
  }
}

static void join(struct finding *f) {
  size_t c = 0;
  qsort(f->witnesses, f->n_witnesses, sizeof(*f->witnesses), compare_witnesses);
  for (size_t i = 0, end; i < f->n_witnesses; i = end) {
    for (end = i; end < f->n_witnesses &&
                  f->witnesses[end].group == f->witnesses[i].group;)
      end++;
    add_group(f->cov, &f->witnesses[i], end - i);
    for (c = f->witnesses[i].group;
         c < f->n &&
         same_group(&f->candidates[c], &f->candidates[f->witnesses[i].group]);
         c++) {
      const struct cov_block b = f->candidates[c].block;
      uint32_t *group = &f->cov->images[b.image].inlined[b.block];
      if (!*group)
        *group = (uint32_t)f->cov->n_groups;
    }
  }
}

void find_inlined(struct coverage *cov) {
  struct finding f = {.cov = cov};
  for (size_t i = 0; i < cov->n_images; i++)
    cov->images[i].inlined =
        xcalloc(cov->images[i].img->n_blocks, sizeof(uint32_t));
  make_lines_table(&f);
  each_line(&f, mark_ran);
  for (uint32_t i = 0; i < cov->n_images; i++)
    for (size_t n = 0; n < cov->images[i].img->n_funcs; n++)
      add_candidates(&f, i, &cov->images[i].img->funcs[n]);
  if (f.n) {
    qsort(f.candidates, f.n, sizeof(*f.candidates), compare_candidates);
    each_line(&f, ask);
  }
  if (f.n_witnesses)
    join(&f);
  for (size_t i = 0; i < cov->n_files; i++)
    free(f.lines[i]);
  free(f.lines);
  free(f.candidates);
  free(f.witnesses);
}
