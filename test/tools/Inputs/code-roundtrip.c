// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * code-roundtrip.c INDEX IMAGE... - is what an index has of images all of it?
 *
 * Adds the images, each twice, loads each from the index and compares it with
 * the file. Prints how many functions and bytes of code the index has, and how
 * many blocks the images.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "image/load.h"
#include "index/code.h"
#include "index/sql.h"

#define SAME(what, a, b)                                                       \
  do {                                                                         \
    if ((a) != (b))                                                            \
      return fail(x->path, "%s differs: %zu", what, i);                        \
  } while (0)

static bool same_text(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

static bool same_block(const struct image *x, const struct image *y, size_t i) {
  const struct block *a = &x->blocks[i], *b = &y->blocks[i];
  SAME("an ID", a->id, b->id);
  SAME("a PC", a->pc, b->pc);
  SAME("a counter", a->counter, b->counter);
  SAME("a number", a->number, b->number);
  SAME("a block's function", a->func, b->func);
  SAME("a first line", a->l0, b->l0);
  SAME("a first column", a->c0, b->c0);
  SAME("a last line", a->l1, b->l1);
  SAME("a last column", a->c1, b->c1);
  SAME("a block's flags", a->flags, b->flags);
  SAME("a collision", a->moved, b->moved);
  SAME("a duplicate", a->duplicate, b->duplicate);
  SAME("a number of runs", a->n_runs, b->n_runs);
  SAME("a block's file", true,
       same_text(x->files.strings[a->file], y->files.strings[b->file]));
  for (uint32_t r = 0; r < a->n_runs; r++) {
    const struct run *p = &x->runs[a->run + r], *q = &y->runs[b->run + r];
    SAME("a run's first line", p->first, q->first);
    SAME("a run's length", p->count, q->count);
    SAME("a run's file", true,
         same_text(x->files.strings[p->file], y->files.strings[q->file]));
  }
  return true;
}

static bool same_func(const struct image *x, const struct image *y, size_t i) {
  const struct func *a = &x->funcs[i], *b = &y->funcs[i];
  SAME("a hash", a->hash, b->hash);
  SAME("a name", true, same_text(a->name, b->name));
  SAME("a plain name", true, same_text(a->display, b->display));
  SAME("a function's file", true,
       same_text(x->files.strings[a->file], y->files.strings[b->file]));
  SAME("a declaration", a->line, b->line);
  SAME("a first block", a->first_block, b->first_block);
  SAME("a number of blocks", a->n_blocks, b->n_blocks);
  SAME("a number of implied blocks", a->n_implied, b->n_implied);
  SAME("a probe", a->probe, b->probe);
  SAME("a level", a->level, b->level);
  SAME("a function's flags", a->flags, b->flags);
  SAME("discarded", a->discarded, b->discarded);
  size_t n_words = a->n_blocks;
  if (a->n_implied)
    n_words += 1 + a->keys[a->n_blocks];
  SAME("keys or rules", 0, memcmp(a->keys, b->keys, n_words * 4));
  return true;
}

static bool same_image(const struct image *x, const struct image *y) {
  size_t i = 0;
  SAME("the number of functions", x->n_funcs, y->n_funcs);
  SAME("the number of blocks", x->n_blocks, y->n_blocks);
  SAME("the digest", x->digest, y->digest);
  SAME("the path", true, same_text(x->path, y->path));
  for (i = 0; i < x->n_funcs; i++)
    if (!same_func(x, y, i))
      return false;
  for (i = 0; i < x->n_blocks; i++)
    if (!same_block(x, y, i) || x->by_pc[i] != y->by_pc[i])
      return fail(x->path, "block %zu of %s", i,
                  x->funcs[x->blocks[i].func].name);
  return true;
}

static bool check(struct index *ix, const char *path, size_t *n_blocks) {
  struct image img;
  struct code_image code;
  int64_t row, again;
  if (!image_load(&img, path) || !index_begin(ix) ||
      !index_add_image(ix, &img, &row) || !index_add_image(ix, &img, &again) ||
      !index_commit(ix))
    return false;
  bool ok = code_load(&code, ix, row, NULL, 0) && row == again &&
            same_image(&img, &code.img);
  *n_blocks += img.n_blocks;
  code_free(&code);
  image_free(&img);
  return ok;
}

int main(int argc, char **argv) {
  struct index ix;
  size_t n_blocks = 0;
  int64_t n_funcs = 0, n_bytes = 0;
  bool ok = argc > 2 && index_open(&ix, argv[1], INDEX_WRITE);
  if (!ok)
    return EXIT_FAILED;
  for (int i = 2; i < argc && ok; i++)
    ok = check(&ix, argv[i], &n_blocks);
  ok = ok && sql_get(&ix, &n_funcs, "SELECT count(*) FROM function", "") &&
       sql_get(&ix, &n_bytes, "SELECT total(length(code)) FROM function", "");
  if (ok)
    printf("%" PRId64 " functions, %zu blocks, %" PRId64 " bytes\n", n_funcs,
           n_blocks, n_bytes);
  index_close(&ix);
  return ok ? EXIT_DONE : EXIT_FAILED;
}
