// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* dump.c - from counters to blocks */
#include "image/dump.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "image/lookup.h"

/**
 * struct reader - a file being read
 * @program: of the dump that is being read
 * @wanted:  the next hits are of @img
 * @at:      where in @img->by_counter the last one was
 * @sums:    by block
 * @pcs:     by block, 0 unless it has moved
 */
struct reader {
  struct dump *dump;
  struct image *img;
  char *program;
  bool wanted, counted;
  size_t at;
  uint32_t *sums;
  uint64_t *pcs;
  size_t n_moved;
};

/* ---- Counters to blocks -------------------------------------------------- */

static int compare_counters(const void *a, const void *b, void *blocks) {
  const struct block *x = (const struct block *)blocks + *(const uint32_t *)a;
  const struct block *y = (const struct block *)blocks + *(const uint32_t *)b;
  return (x->counter > y->counter) - (x->counter < y->counter);
}

static void sort_counters(struct image *img) {
  if (img->by_counter)
    return;
  img->by_counter = xcalloc(img->n_blocks, sizeof(*img->by_counter));
  for (size_t i = 0; i < img->n_blocks; i++)
    img->by_counter[i] = (uint32_t)i;
  qsort_r(img->by_counter, img->n_blocks, sizeof(*img->by_counter),
          compare_counters, img->blocks);
}

/* Of hits in ascending order: @at is where the last one was found. */
static const struct block *find_counter(const struct image *img, size_t *at,
                                        uint64_t index) {
  while (*at < img->n_blocks &&
         img->blocks[img->by_counter[*at]].counter < index)
    ++*at;
  if (*at == img->n_blocks)
    return NULL;
  const struct block *b = &img->blocks[img->by_counter[*at]];
  return b->counter == index ? b : NULL;
}

static void add_sum(uint32_t *sum, uint32_t count) {
  *sum = *sum + count > UINT8_MAX ? UINT8_MAX : *sum + count;
}

/* What a block without a counter ran is the sum of what its witnesses did. */
static void add_implied(const struct image *img, uint32_t *sums) {
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    const uint32_t *rules = f->keys + f->n_blocks;
    uint32_t *of = sums + f->first_block;
    for (uint32_t r = 1; f->n_implied && r <= rules[0]; r++)
      add_sum(&of[rules[r] & UINT16_MAX], of[rules[r] >> 16]);
  }
}

static void add_block(struct dump *dump, struct dump_block b) {
  dump->blocks =
      vec_push(dump->blocks, &dump->n, &dump->cap, sizeof(*dump->blocks));
  dump->blocks[dump->n - 1] = b;
}

/* ---- What the file tells ------------------------------------------------- */

static void take_program(void *to, uint64_t pid, const char *path) {
  struct reader *r = to;
  (void)pid;
  free(r->program);
  r->program = printable(xstrndup(path, strlen(path)));
}

static void add_other(struct reader *r, const char *path) {
  char *other = *path ? xstrndup(path, strlen(path))
                      : xasprintf("an image of %s",
                                  r->program ? r->program : "a program");
  printable(other);
  strtab_add(&r->dump->others, other, strlen(other));
  free(other);
}

static void take_image(void *to, const struct dump_image *image) {
  struct reader *r = to;
  r->at = 0;
  r->counted = image->counted;
  r->wanted = image->digest == r->img->digest &&
              image->n_counters == r->img->elf.tables[TABLE_COUNTERS].size;
  if (r->wanted)
    r->dump->n_images++;
  else
    add_other(r, image->path);
}

static void add_hit(struct reader *r, const struct block *b, uint32_t value) {
  const struct image *img = r->img;
  /* As many hits as ones, from bit 0 on. */
  if (!r->counted && img->funcs[b->func].probe == KCOV8_PROBE_UNARY)
    value = (uint32_t)__builtin_ctz(~value);
  add_sum(&r->sums[b - img->blocks], value);
}

static void take_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct reader *r = to;
  for (uint64_t i = first; r->wanted && i < first + n; i++) {
    const struct block *block = find_counter(r->img, &r->at, i);
    if (block)
      add_hit(r, block, value);
  }
}

static void take_moved(void *to, uint64_t pc, uint64_t id) {
  struct reader *r = to;
  const struct block *block = r->wanted ? image_find_id(r->img, id) : NULL;
  if (!block)
    return;
  r->pcs[block - r->img->blocks] = pc;
  r->n_moved++;
}

static void take_image_end(void *to) {
  struct reader *r = to;
  const struct image *img = r->img;
  if (!r->wanted)
    return;
  add_implied(img, r->sums);
  for (uint32_t i = 0; r->n_moved && i < img->n_blocks; i++)
    if (r->pcs[i])
      add_block(r->dump, (struct dump_block){i, 0, r->pcs[i]});
  for (uint32_t i = 0; i < img->n_blocks; i++)
    if (r->sums[i])
      add_block(r->dump,
                (struct dump_block){i, r->sums[i],
                                    r->pcs[i] ? r->pcs[i] : img->blocks[i].pc});
  memset(r->sums, 0, img->n_blocks * sizeof(*r->sums));
  if (r->n_moved)
    memset(r->pcs, 0, img->n_blocks * sizeof(*r->pcs));
  r->n_moved = 0;
  r->wanted = false;
}

enum dump_result dump_read(struct dump *dump, FILE *f, const char *name,
                           struct image *img) {
  static const struct dump_client client = {
      .program = take_program,
      .image = take_image,
      .run = take_run,
      .moved = take_moved,
      .image_end = take_image_end,
  };
  *dump = (struct dump){0};
  sort_counters(img);
  struct reader r = {
      .dump = dump,
      .img = img,
      .sums = xcalloc(img->n_blocks, sizeof(*r.sums)),
      .pcs = xcalloc(img->n_blocks, sizeof(*r.pcs)),
  };
  enum dump_result result = dumpfile_read(f, name, &client, &r);
  free(r.program);
  free(r.sums);
  free(r.pcs);
  return result;
}

void dump_free(struct dump *dump) {
  free(dump->blocks);
  strtab_free(&dump->others);
  *dump = (struct dump){0};
}
