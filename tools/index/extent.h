/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* extent.h - from where to where functions reach in their files */
#ifndef KCOV8_EXTENT_H
#define KCOV8_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/**
 * struct extent - the lines of a function in its own file
 * @func: index in image.funcs
 * @first: of its declaration, or of its first block if that is not known
 * @last: with code; ahead of the next function
 */
struct extent {
  uint32_t func, file, first, last;
};

/*
 * extents_make() - of all functions in @img, or those of files in @files
 * @files: by file of the image; NULL: all
 * Return: @n of them, by file and first line; the caller frees them. A function
 * that is inlined only has none.
 */
struct extent *extents_make(const struct image *img, const bool *files,
                            size_t *n);

/**
 * struct file_code - of one file, in some images
 * @code: by line: some block is on it; @n_lines of them, line 0 is none
 */
struct file_code {
  bool *code;
  uint32_t n_lines;
  struct extent *extents;
  size_t n;
};

/* file_code_add() - what @img has of @path; @c is all zero at first */
void file_code_add(struct file_code *c, const struct image *img,
                   const char *path);
void file_code_free(struct file_code *c);

/* Whether a block is on @line; whether a function has it, as its last one? */
bool file_code_on(const struct file_code *c, uint32_t line);
bool file_code_in(const struct file_code *c, uint32_t line, bool *first,
                  bool *last);

#endif /* KCOV8_EXTENT_H */
