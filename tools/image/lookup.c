// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* lookup.c - binary searches, and a table of moved PCs in front of them */
#include "image/lookup.h"

#include <kcov8/abi.h>
#include <stdlib.h>

#include "base/search.h"
#include "base/tool.h"

/* What is searched in image.by_pc. */
struct wanted {
  const struct image *img;
  uint64_t value;
};

static bool id_below(const void *element, const void *key) {
  const struct wanted *w = key;
  return w->img->blocks[*(const uint32_t *)element].id < w->value;
}

static bool pc_below(const void *element, const void *key) {
  const struct wanted *w = key;
  return w->img->blocks[*(const uint32_t *)element].pc < w->value;
}

/* PCs and IDs ascend together, so one order serves both searches. */
const struct block *image_find_entry(const struct image *img,
                                     struct moves *moves,
                                     const struct pcfile_entry *entry) {
  if (entry->block)
    return entry->block;
  return entry->of && entry->of != img->digest
             ? NULL
             : image_find(img, moves, entry->pc);
}

const struct block *image_find_id(const struct image *img, uint64_t id) {
  size_t i = lower_bound(img->by_pc, img->n_blocks, sizeof(*img->by_pc),
                         id_below, &(struct wanted){img, id});
  const struct block *b =
      i < img->n_blocks ? &img->blocks[img->by_pc[i]] : NULL;
  return b && b->id == id ? b : NULL;
}

static const struct block *find_own_pc(const struct image *img, uint64_t pc) {
  size_t i = lower_bound(img->by_pc, img->n_blocks, sizeof(*img->by_pc),
                         pc_below, &(struct wanted){img, pc});
  const struct block *b =
      i < img->n_blocks ? &img->blocks[img->by_pc[i]] : NULL;
  return b && b->pc == pc ? b : NULL;
}

static int compare_moves(const void *a, const void *b) {
  const struct move *x = a, *y = b;
  if (x->pc != y->pc)
    return x->pc < y->pc ? -1 : 1;
  return (x->block > y->block) - (x->block < y->block);
}

static int compare_blocks(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void sort_moves(struct moves *m) {
  qsort(m->by_pc, m->n, sizeof(*m->by_pc), compare_moves);
  m->blocks = xrealloc(m->blocks, m->n, sizeof(*m->blocks));
  for (size_t i = 0; i < m->n; i++)
    m->blocks[i] = m->by_pc[i].block;
  qsort(m->blocks, m->n, sizeof(*m->blocks), compare_blocks);
  m->sorted = true;
}

static bool move_below(const void *element, const void *key) {
  return ((const struct move *)element)->pc < *(const uint64_t *)key;
}

static const struct move *find_move(const struct moves *m, uint64_t pc) {
  size_t i = lower_bound(m->by_pc, m->n, sizeof(*m->by_pc), move_below, &pc);
  return i < m->n && m->by_pc[i].pc == pc ? &m->by_pc[i] : NULL;
}

static bool block_below(const void *element, const void *key) {
  return *(const uint32_t *)element < *(const uint32_t *)key;
}

static bool has_moved(const struct moves *m, uint32_t block) {
  size_t i =
      lower_bound(m->blocks, m->n, sizeof(*m->blocks), block_below, &block);
  return i < m->n && m->blocks[i] == block;
}

void moves_add(struct moves *m, const struct image *img,
               const struct pcfile_entry *note) {
  if (note->has_image && note->image != img->fingerprint)
    return;
  const struct block *b = image_find_id(img, note->id);
  if (!b)
    return;
  m->by_pc = vec_push(m->by_pc, &m->n, &m->cap, sizeof(*m->by_pc));
  m->by_pc[m->n - 1] = (struct move){note->pc, (uint32_t)(b - img->blocks)};
  m->sorted = false;
}

void moves_free(struct moves *m) {
  free(m->by_pc);
  free(m->blocks);
  *m = (struct moves){0};
}

const struct block *image_find(const struct image *img, struct moves *m,
                               uint64_t address) {
  const uint64_t step = img->is_stock ? 1 : KCOV8_PC_STEP;
  uint64_t pc = address + (step - 1);
  if (pc < address)
    return NULL;
  pc -= pc % step;
  if (!m || m->n == 0)
    return find_own_pc(img, pc);
  if (!m->sorted)
    sort_moves(m);
  const struct move *move = find_move(m, pc);
  if (move)
    return &img->blocks[move->block];
  const struct block *b = find_own_pc(img, pc);
  return b && !has_moved(m, (uint32_t)(b - img->blocks)) ? b : NULL;
}

int image_compare_hashes(const void *a, const void *b, void *funcs) {
  const struct func *f = funcs;
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  if (f[i].hash != f[j].hash)
    return f[i].hash < f[j].hash ? -1 : 1;
  return (i > j) - (i < j);
}
