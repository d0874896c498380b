/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * image.c - an image of any size, and which of its counters are hit
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

uint64_t random64(void) {
  static uint64_t seed = 1;
  return kcov8_mix64(seed++);
}

static void *map(size_t bytes) {
  void *const p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return p;
}

static size_t page_up(size_t bytes) { return (bytes + 4095) / 4096 * 4096; }

static int32_t relative(const void *field, const void *to) {
  return (int32_t)((intptr_t)to - (intptr_t)field);
}

/* One piece of memory: counters, keys, records. */
void image_make(struct image *image, size_t n_blocks) {
  const size_t key_bytes = page_up(4 * n_blocks);
  const size_t counter_bytes = page_up(n_blocks);
  const size_t most = n_blocks * sizeof(struct kcov8_func);
  uint8_t *const at = map(counter_bytes + key_bytes + most);
  uint32_t *const keys = (uint32_t *)(void *)(at + counter_bytes);

  *image = (struct image){
      .counters = at,
      .n_counters = n_blocks,
      .funcs = (struct kcov8_func *)(void *)(at + counter_bytes + key_bytes),
  };
  for (size_t b = 0; b < n_blocks;) {
    const size_t unit = b / UNIT_BLOCKS * UNIT_BLOCKS;
    size_t length = 1 + random64() % 24;
    const size_t end = unit + UNIT_BLOCKS < n_blocks ? unit + UNIT_BLOCKS //
                                                     : n_blocks;
    if (length > end - b)
      length = end - b;
    struct kcov8_func *const f = &image->funcs[image->n_funcs++];
    *f = (struct kcov8_func){
        .hash = random64(),
        .counters = relative(&f->counters, at + unit),
        .keys = relative(&f->keys, keys + b),
        .n_blocks = (uint32_t)length,
        .abi = KCOV8_ABI_VERSION,
        .level = KCOV8_LEVEL_BB,
        .first = (uint32_t)(b - unit),
        .rows = (uint32_t)((end - unit) / 4),
    };
    for (size_t i = 0; i < length; i++, b++)
      keys[b] = (uint32_t)random64();
  }
  image->desc = (struct kcov8_image){
      .abi = KCOV8_ABI_VERSION,
      .size = KCOV8_IMAGE_MIN_SIZE,
      .counters = {at, at + n_blocks},
      .keys = {keys, keys + n_blocks},
      .funcs = {image->funcs, image->funcs + image->n_funcs},
  };
  image->table_bytes =
      n_blocks * 5 + image->n_funcs * sizeof(struct kcov8_func);
}

void image_add_summary(struct image *image) {
  const size_t n = image->n_counters;
  const size_t n_arrays = (n + UNIT_BLOCKS - 1) / UNIT_BLOCKS;
  const size_t n_marks = (n + KCOV8_MARK_BYTES - 1) / KCOV8_MARK_BYTES;
  uint8_t *const at = map(page_up(n_marks) + n_arrays * sizeof(*image->arrays));
  image->marks = at;
  image->arrays = (struct kcov8_array *)(void *)(at + page_up(n_marks));
  for (size_t i = 0; i < n_arrays; i++) {
    struct kcov8_array *const a = &image->arrays[i];
    const size_t first = i * UNIT_BLOCKS;
    const size_t left = n - first;
    *a = (struct kcov8_array){
        .bytes = (uint32_t)(left < UNIT_BLOCKS ? left : UNIT_BLOCKS)};
    a->counters = relative(&a->counters, image->counters + first);
    a->marks = relative(&a->marks, at + first / KCOV8_MARK_BYTES);
  }
  image->desc.size = sizeof(struct kcov8_image);
  image->desc.marks[0] = at;
  image->desc.marks[1] = at + n_marks;
  image->desc.arrays[0] = image->arrays;
  image->desc.arrays[1] = image->arrays + n_arrays;
}

void image_free(struct image *image) {
  const size_t n = image->n_counters;
  munmap(image->counters,
         page_up(n) + page_up(4 * n) + n * sizeof(struct kcov8_func));
}

/* ---- Hits ------------------------------------------------------------- */

static void mark_random(uint8_t *marks, size_t n_counters, size_t n) {
  while (n) {
    uint8_t *const m = &marks[random64() % n_counters];
    n -= !*m;
    *m = 1;
  }
}

static void mark_functions(const struct image *image, uint8_t *marks,
                           size_t n) {
  while (n) {
    const struct kcov8_func *const f =
        &image->funcs[random64() % image->n_funcs];
    const size_t unit =
        (size_t)((const uint8_t *)&f->counters + f->counters - image->counters);
    for (uint32_t b = 0; b < f->n_blocks && n; b++) {
      uint8_t *const m = &marks[unit + kcov8_counter_at(f->first + b, f->rows)];
      if (*m || (b && random64() % 4 == 0))
        continue;
      *m = 1;
      n--;
    }
  }
}

uint32_t *choose_hits(const struct image *image, size_t n, bool clustered) {
  uint8_t *const marks = calloc(1, image->n_counters);
  uint32_t *const hits = malloc(n * sizeof(*hits));
  size_t at = 0;
  if (!marks || !hits)
    exit(1);
  if (clustered)
    mark_functions(image, marks, n);
  else
    mark_random(marks, image->n_counters, n);
  for (size_t i = 0; i < image->n_counters; i++)
    if (marks[i])
      hits[at++] = (uint32_t)i;
  free(marks);
  return hits;
}
