/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dwarflines.h - source lines and functions of addresses, on libdw */
#ifndef KCOV8_DWARFLINES_H
#define KCOV8_DWARFLINES_H

#include "image/image.h"

/* Rows of line tables; @file: index in image.files; @end: no code from here. */
struct line_row {
  uint64_t address;
  uint32_t file, line, column, number;
  bool end;
};

/* Where a function with code at @address was declared. */
struct line_func {
  uint64_t address;
  uint32_t file, line;
};

/* Both by ascending address. */
struct dwarf_lines {
  struct line_row *rows;
  size_t n_rows, cap_rows;
  struct line_func *funcs;
  size_t n_funcs, cap_funcs;
};

/* Nothing, after a message, if there is no DWARF. Adds to @img->files. */
void dwarf_lines_read(struct dwarf_lines *d, struct image *img);
void dwarf_lines_free(struct dwarf_lines *d);

/*
 * The row of the code at @address; if it has no line (0), the next one that
 * begins before @end and has one. NULL: there is none.
 */
const struct line_row *dwarf_line_at(const struct dwarf_lines *d,
                                     uint64_t address, uint64_t end);

/* NULL: no function begins there. */
const struct line_func *dwarf_func_at(const struct dwarf_lines *d,
                                      uint64_t address);

#endif /* KCOV8_DWARFLINES_H */
