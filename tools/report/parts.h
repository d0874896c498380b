/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * parts.h - what of each source file ran, as a page shows it
 *
 * A part is what blocks have in common that look the same in the text: those of
 * all instances of a template, of all images with a header. It ran if one of
 * them did.
 */
#ifndef KCOV8_PARTS_H
#define KCOV8_PARTS_H

#include "report/coverage.h"

/**
 * struct part - blocks of one place
 * @file:  index in coverage.files
 * @l0 to @c1: their range; 0 for those that belong to another file, and have
 *         only lines in this one
 * @runs:  @n_runs of them, all in this file
 * @first: of @n_blocks in parts.blocks
 * @count: the largest of theirs
 */
struct part {
  uint32_t file, l0, c0, l1, c1;
  const struct run *runs;
  uint32_t n_runs, n_blocks;
  size_t first;
  struct cov_count count;
};

/**
 * struct parts - of all files
 * @parts: by file, then position
 * @first: by file, and one more: index of its first part
 */
struct parts {
  struct part *parts;
  size_t n, *first;
  struct cov_block *blocks;
};

/**
 * struct line_parts - which parts the lines of one file have
 * @first: by index in cov_file.lines, and one more: where its own begin in
 *         @parts
 * @parts: indices in parts.parts
 */
struct line_parts {
  size_t *first;
  uint32_t *parts;
};

void line_parts_make(struct line_parts *of, const struct parts *parts,
                     const struct coverage *cov, uint32_t file);
void line_parts_free(struct line_parts *of);

void parts_make(struct parts *parts, const struct coverage *cov);
void parts_free(struct parts *parts);

#endif /* KCOV8_PARTS_H */
