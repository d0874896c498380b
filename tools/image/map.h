/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * map.h - reader of section .kcov8.map (abi.h, "Block map")
 *
 * Knows the bytes only; which function record an entry belongs to is
 * join.c's business. Everything is bounded by the entry's size.
 */
#ifndef KCOV8_MAP_H
#define KCOV8_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in the section, not terminated. */
struct map_string {
  const char *s;
  size_t len;
};

/**
 * struct map_cursor - where a reader is; once it fails it stays where it is
 * @error: NULL or what is wrong
 */
struct map_cursor {
  const uint8_t *p, *end;
  bool big_endian;
  const char *error;
};

/* @count is 0 if such lines cannot be. */
struct map_run {
  uint32_t file, first, count;
};

/* File numbers index the entry's own files. */
struct map_block {
  uint32_t key, flags, file;
  uint32_t l0, c0, l1, c1;
  uint32_t n_runs;
};

#define NO_UNIT UINT32_MAX

/**
 * struct map_func - one KCOV8_MAP_FUNC entry, valid to its end
 * @files:  where its n_files strings begin
 * @blocks: where its n_blocks blocks begin
 * @bytes, @size: the entry
 * @unit: index in map.units of the unit entry before it, NO_UNIT if none is
 */
struct map_func {
  uint64_t hash;
  uint32_t checksum, n_blocks, line, n_files;
  struct map_string name;
  struct map_cursor files, blocks;
  const uint8_t *bytes;
  uint32_t size, unit;
};

/* One rule of one KCOV8_MAP_UNIT entry. */
struct map_rule {
  struct map_string origin, text;
  uint64_t hits;
};

struct map_unit {
  struct map_string source, producer, options;
};

/**
 * struct map - all entries
 * @funcs: sorted by hash, then checksum, then bytes: link order plays no part
 * @units, @rules: in section order
 */
struct map {
  struct map_func *funcs;
  size_t n_funcs, cap_funcs;
  struct map_unit *units;
  size_t n_units, cap_units;
  struct map_rule *rules;
  size_t n_rules, cap_rules;
};

/*
 * map_read() - check and index a whole section
 * @path: image, for messages
 * @data: must outlive @map
 * Return: true, maybe after a message about entries that are left out; false
 * after one about tables of a later version.
 */
bool map_read(struct map *map, const char *path, const uint8_t *data,
              size_t size, bool big_endian);
void map_free(struct map *map);

/*
 * Walk one entry that map_read() has accepted: n_files strings, or n_blocks
 * blocks, each followed by its n_runs runs.
 */
struct map_string map_next_string(struct map_cursor *c);
struct map_block map_next_block(struct map_cursor *c, uint32_t n_files);
struct map_run map_next_run(struct map_cursor *c, uint32_t n_files);

#endif /* KCOV8_MAP_H */
