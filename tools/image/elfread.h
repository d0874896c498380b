/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * elfread.h - the sections and symbols of an image that the tool needs
 *
 * Executables, shared objects and Linux kernel modules, 32 and 64 bits, both
 * byte orders. Offsets and sizes are checked against the file before anything
 * is handed out.
 */
#ifndef KCOV8_ELFREAD_H
#define KCOV8_ELFREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table {
  TABLE_COUNTERS,
  TABLE_KEYS,
  TABLE_FUNCS,
  TABLE_MAP,
  N_TABLES,
};

/**
 * struct table_data - one table of an image
 * @present: the image has it, maybe empty
 * @section: its index, 0 inside another section
 * @addr:    address of its first byte when the image runs, load bias aside
 * @size:    in bytes, in memory (a compressed map: uncompressed)
 * @data:    @size bytes, valid until elf_close(); NULL if the file holds none
 *           (a .bss-like section, such as counters)
 */
struct table_data {
  bool present;
  size_t section;
  uint64_t addr;
  uint64_t size;
  const uint8_t *data;
};

/**
 * struct elf_file - an open image
 * @func_names: names of its FUNC symbols, sorted; empty if it is stripped
 * @is_module: sections have no addresses yet, @tables have some of ours
 * @records: of a module: what its function records look like then
 * @has_local_funcs: some of these are local: not even `strip -x` was there
 */
struct elf_file {
  const char *path;
  int fd;
  void *elf;
  bool is64;
  bool big_endian;
  bool is_module;
  uint8_t *records;
  const char *machine_type; /* "executable", ... */
  struct table_data tables[N_TABLES];
  const char **func_names;
  size_t n_func_names, cap_func_names;
  bool has_local_funcs;
};

extern const char *const table_names[N_TABLES];

/*
 * elf_open() - open @path and find the tables
 * Return: true; false after a message. elf_close() is due in either case.
 */
bool elf_open(struct elf_file *elf, const char *path);
void elf_close(struct elf_file *elf);

#endif /* KCOV8_ELFREAD_H */
