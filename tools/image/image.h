/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * image.h - an instrumented image: the model that load.h fills
 */
#ifndef KCOV8_IMAGE_H
#define KCOV8_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strtab.h"
#include "image/elfread.h"
#include "image/map.h"

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
  uint32_t number, func;
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
 * @code:    equal in two builds by one compiler: so is the code. 0: unknown
 * @name:    linkage name; "0x<hash>" if unknown
 * @display: the same, demangled
 * @file:    its source file, index in image.files
 * @line:    of its declaration, 0 if unknown
 * @unit:    index in image.map.units, NO_UNIT if unknown
 * @keys:    of its n_blocks blocks, in image.keys
 * @first_block: the first of these in image.blocks
 * @n_implied:   blocks without a probe
 * @array:   offset of its counter array in the counter section
 * @first, @rows: where it is in that array, see kcov8_counter_at()
 * @discarded:   the linker dropped its code but kept its tables. Drops the
 *               function from every total, unless a PC says otherwise.
 */
struct func {
  uint64_t hash;
  const char *name, *display;
  uint32_t code, file, line, unit;
  const uint32_t *keys;
  uint32_t first_block, n_blocks, n_implied;
  uint64_t array;
  uint32_t first, rows;
  uint8_t probe, level, flags;
  enum join join;
  bool discarded;
};

/**
 * struct image - everything
 * @is_stock: a stock compiler made it: PCs and IDs are addresses, keys the
 *          distances from the function, whose hash is its address
 * @keys:   the section of keys, in the byte order of this machine
 * @funcs:  in table order
 * @blocks: in table order
 * @by_pc:  indices in blocks, by ascending PC, which is ascending ID
 * @files:  paths as in the map, without leading "./"; "?" if unknown
 * @by_counter: indices in blocks, by ascending counter; NULL until a dump is
 *          read. Those without one are at the end.
 * @fingerprint: names the image in `# moved` notes (abi.h)
 * @digest: names the image in dumps (docs/dump-format.md)
 * @n_collisions: blocks that are not in their preferred slot
 * @n_duplicates: blocks whose ID had to get an ordinal
 */
struct image {
  const char *path;
  struct elf_file elf;
  struct map map;
  bool has_map, is_stock;
  uint32_t *keys;
  size_t n_keys;
  struct func *funcs;
  size_t n_funcs;
  struct block *blocks;
  size_t n_blocks;
  uint32_t *by_pc, *by_counter;
  struct run *runs;
  size_t n_runs, cap_runs;
  struct strtab files, names;
  uint64_t fingerprint, digest;
  size_t n_collisions, n_duplicates;
};

#endif /* KCOV8_IMAGE_H */
