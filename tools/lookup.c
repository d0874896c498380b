// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* lookup.c - from an address or an ID to a block, moved PCs included */
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "tool.h"

/* PCs and IDs ascend together, so one order serves both searches. */
const struct block *image_find_id(const struct image *img, uint64_t id) {
  size_t lo = 0, hi = img->n_blocks;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    const struct block *b = &img->blocks[img->by_pc[mid]];
    if (b->id == id)
      return b;
    if (b->id < id)
      lo = mid + 1;
    else
      hi = mid;
  }
  return NULL;
}

static const struct block *find_own_pc(const struct image *img, uint64_t pc) {
  size_t lo = 0, hi = img->n_blocks;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    const struct block *b = &img->blocks[img->by_pc[mid]];
    if (b->pc == pc)
      return b;
    if (b->pc < pc)
      lo = mid + 1;
    else
      hi = mid;
  }
  return NULL;
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

static const struct move *find_move(const struct moves *m, uint64_t pc) {
  size_t lo = 0, hi = m->n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (m->by_pc[mid].pc < pc)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < m->n && m->by_pc[lo].pc == pc ? &m->by_pc[lo] : NULL;
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
  uint64_t pc = address + (KCOV8_PC_STEP - 1);
  if (pc < address)
    return NULL;
  pc -= pc % KCOV8_PC_STEP;
  if (!m || m->n == 0)
    return find_own_pc(img, pc);
  if (!m->sorted)
    sort_moves(m);
  const struct move *move = find_move(m, pc);
  if (move)
    return &img->blocks[move->block];
  const struct block *b = find_own_pc(img, pc);
  if (!b)
    return NULL;
  uint32_t index = (uint32_t)(b - img->blocks);
  return bsearch(&index, m->blocks, m->n, sizeof(index), compare_blocks) ? NULL
                                                                         : b;
}
