/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * image.h - an instrumented image as the commands see it
 *
 * image_load() reads the tables, gives every block its ID and PC (with the
 * runtime's own code, runtime/image/pc.c) and joins it with the block map. Nothing
 * of ELF or of the map's bytes is visible beyond it.
 */
#ifndef KCOV8_IMAGE_H
#define KCOV8_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elfread.h"
#include "map.h"
#include "pcfile.h"
#include "strtab.h"

/* Consecutive lines; file is an index in image.files. */
struct run {
  uint32_t file, first, count;
};

#define NO_COUNTER UINT64_MAX

/**
 * struct block - one block; those of a function are in the order of its record
 * @id:     final ID, duplicates made distinct
 * @counter: offset of its byte in the counter section; NO_COUNTER: it has none
 * @number: in the order of the code; without a map, of the record
 * @func:   index in image.funcs
 * @file:   index in image.files
 * @l0:     0 = no debug info, then c0, l1 and c1 are 0 too
 * @run:    first of n_runs in image.runs
 * @flags:  KCOV8_BLOCK_*
 * @moved:  its preferred slot was taken: a PC collision
 * @duplicate: another block of the image has the same original ID
 */
struct block {
  uint64_t id, pc, counter;
  uint32_t key, number, func;
  uint32_t file, l0, c0, l1, c1;
  uint32_t run, n_runs;
  uint8_t flags;
  bool moved, duplicate;
};

/* How well the map knows a function. */
enum join {
  JOIN_NONE,    /* no entry for its hash: no name */
  JOIN_PARTIAL, /* an entry of its hash, but other blocks: matched by key */
  JOIN_EXACT,
};

/**
 * struct func - one function record
 * @name:    linkage name; "0x<hash>" if unknown
 * @display: the same, demangled
 * @file:    its source file, index in image.files
 * @line:    of its declaration, 0 if unknown
 * @first_block: its n_blocks blocks in image.blocks
 * @n_implied:   blocks without a probe
 * @discarded:   the linker dropped its code but kept its tables. Drops the
 *               function from every total, unless a PC says otherwise.
 */
struct func {
  uint64_t hash;
  const char *name, *display;
  uint32_t file, line;
  uint32_t first_block, n_blocks, n_implied;
  uint8_t probe, level, flags;
  enum join join;
  bool discarded;
};

/**
 * struct image - everything
 * @funcs:  in table order
 * @blocks: in table order
 * @by_pc:  indices in blocks, by ascending PC, which is ascending ID
 * @files:  paths as in the map, without leading "./"; "?" if unknown
 * @fingerprint: names the image in `# moved` notes (abi.h)
 * @n_collisions: blocks that are not in their preferred slot
 * @n_duplicates: blocks whose ID had to get an ordinal
 */
struct image {
  const char *path;
  struct elf_file elf;
  struct map map;
  bool has_map;
  struct func *funcs;
  size_t n_funcs;
  struct block *blocks;
  size_t n_blocks;
  uint32_t *by_pc;
  struct run *runs;
  size_t n_runs, cap_runs;
  struct strtab files, names;
  uint64_t fingerprint;
  size_t n_collisions, n_duplicates;
};

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
 * image_load() - read an image
 * Return: true; false after a message. image_free() is due in either case.
 * An image may have no blocks (n_blocks == 0) if a map shows that it was
 * compiled with the pass; see image_require_blocks().
 */
bool image_load(struct image *img, const char *path);
void image_free(struct image *img);

/* For commands to which an image without blocks is a failure. */
bool image_require_blocks(const struct image *img);

/*
 * image_find() - the block whose PC an address is when rounded up to
 * KCOV8_PC_STEP, or NULL. @moves may be NULL. A moved block has left its own
 * PC to a block of another image.
 */
const struct block *image_find(const struct image *img, struct moves *moves,
                               uint64_t address);

/* The block of an ID, or NULL. */
const struct block *image_find_id(const struct image *img, uint64_t id);

/*
 * moves_add() - take a `# moved` note, if it is about this image
 * Two images may have the same inline function, and so the same IDs: a note
 * that names another image's fingerprint is ignored.
 */
void moves_add(struct moves *moves, const struct image *img,
               const struct pcfile_entry *note);
void moves_free(struct moves *moves);

#endif /* KCOV8_IMAGE_H */
