/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* where.h - what a question names: lines and functions */
#ifndef KCOV8_WHERE_H
#define KCOV8_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/**
 * struct lines_asked - lines of one file
 * @why:  WHY_LINE: the blocks on them; WHY_FUNCTION: those of the functions
 *        that they are in; WHY_FILE: all of the file
 * @group: lines of one change have the same; 0: none
 */
struct lines_asked {
  uint32_t first, last, group;
  uint8_t why;
};

/**
 * struct where - one place that is asked about
 * @text: as it was given, for messages
 * @path: of the file; NULL: a function
 * @name: of the function, as linked or as written
 * @why:  of the function
 * @lines: in @path; none for a function
 * @n_groups: of lines
 * @n_blocks: blocks found so far, by where_mark(), for WHY_LINE
 * @elsewhere: another build than those asked about has blocks of it
 * @near: next line with code, behind it or else in front; 0: none
 */
struct where {
  const char *text;
  char *path, *name;
  uint8_t why;
  struct lines_asked *lines;
  size_t n_lines, cap_lines;
  uint32_t n_groups;
  size_t n_blocks;
  bool elsewhere;
  uint32_t near;
};

/* Return: NULL, or what is wrong with @text. */
const char *where_parse(struct where *w, const char *text);
void where_add_lines(struct where *w, uint32_t first, uint32_t last,
                     uint8_t why);

/*
 * where_new_group() - lines that are added now are those of one change
 * A copy of their function that has none of them, as the optimiser left them
 * out, is asked about as a whole: with the change they may be there.
 */
void where_new_group(struct where *w);
void where_free(struct where *w);

/*
 * where_mark() - find its blocks in @img
 * @why: by block; gets enum why
 * A function's blocks are its own and those on its lines elsewhere, where it is
 * inlined. Blocks that cannot run are no code, but if they did, they count.
 */
void where_mark(struct where *w, const struct image *img, uint8_t *why);

#endif /* KCOV8_WHERE_H */
