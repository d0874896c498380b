/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* lookup.h - from an address or an ID to a block, moved PCs included */
#ifndef KCOV8_LOOKUP_H
#define KCOV8_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "image/pcfile.h"

/**
 * struct moves - PCs that a run gave to blocks because theirs were taken
 * An image loaded later yields to those loaded before; the runtime notes each
 * such block. All zero is an empty table.
 */
struct moves {
  struct move {
    uint64_t pc;
    uint32_t block;
  } * by_pc;
  size_t n, cap;
  uint32_t *blocks; /* sorted; the same blocks */
  bool sorted;
};

/*
 * image_find() - the block whose PC an address is when rounded up to
 * KCOV8_PC_STEP, or NULL. @moves may be NULL. A moved block has left its own
 * PC to a block of another image.
 */
const struct block *image_find(const struct image *img, struct moves *moves,
                               uint64_t address);

/* The block of an entry of a list; NULL as well if the entry is not of @img. */
const struct block *image_find_entry(const struct image *img,
                                     struct moves *moves,
                                     const struct pcfile_entry *entry);

/* The block of an ID, or NULL. */
const struct block *image_find_id(const struct image *img, uint64_t id);

/* For qsort_r() of indices in @funcs, image.funcs: by hash, then by index. */
int image_compare_hashes(const void *a, const void *b, void *funcs);

/*
 * moves_add() - take a `# moved` note, if it is about this image
 * Two images may have the same inline function, and so the same IDs: a note
 * that names another image's fingerprint is ignored.
 */
void moves_add(struct moves *moves, const struct image *img,
               const struct pcfile_entry *note);
void moves_free(struct moves *moves);

#endif /* KCOV8_LOOKUP_H */
