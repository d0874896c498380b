/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * coverage.h - what a report says, before it has a format
 *
 * All formats are written from this, so they agree on every number:
 * - a block belongs to the file of its first line (`kcov8 list` shows it);
 * - a function belongs to its own source file; copies of one function (same
 *   file and name) are one;
 * - a line's count is the largest of its blocks', in whatever file it is;
 * - removed and discarded blocks count nowhere, unless they were hit;
 * - a filter takes files out whole: what is left of the others is what a report
 *   without it says of them. It takes functions out with all their blocks.
 */
#ifndef KCOV8_COVERAGE_H
#define KCOV8_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "report/filter.h"

/*
 * How often something ran: @n times, or (@at_least) that often or more. A byte
 * of probe=unary does not tell 8 hits from more.
 */
struct cov_count {
  uint64_t n;
  bool at_least;
};

/* count_add() - one more run's @n hits of a block of @f */
void count_add(struct cov_count *sum, const struct func *f, uint64_t n);

struct cov_ratio {
  uint64_t hit, total;
};

struct cov_line {
  uint32_t line;
  struct cov_count count;
};

/**
 * struct cov_func - one function of one file
 * @func:   index in image.funcs, of the first copy
 * @line:   of its declaration; else of its first block; 0 if neither is known
 * @first, @last: lines of its own code in its own file, @first not above @line;
 *          0 if there are none
 * @count:  of its entry block; of its busiest block if that has none
 */
struct cov_func {
  uint32_t func;
  uint32_t line, first, last;
  struct cov_count count;
  struct cov_ratio blocks;
};

/**
 * struct cov_file - one source file
 * @funcs: by line, then linkage name
 * @lines: ascending
 * @blocks: indices in image.blocks, by position
 */
struct cov_file {
  const char *path;
  struct cov_ratio n_blocks, n_funcs, n_lines;
  struct cov_func *funcs;
  struct cov_line *lines;
  uint32_t *blocks;
};

/**
 * struct coverage - the whole report
 * @files:  those with something in them, by path
 * @counts: by block
 * @n_without_lines: live blocks that no line shows
 * @at_least: some line's count is a lower bound
 */
struct coverage {
  const struct image *img;
  struct cov_count *counts;
  struct cov_file *files;
  size_t n_files;
  struct cov_ratio n_blocks, n_funcs, n_lines;
  uint64_t n_without_lines;
  bool at_least;
};

/*
 * @counts: one per block of @img; ownership passes to @cov
 * @filter: may want nothing at all: then @cov->n_files is 0
 */
void coverage_make(struct coverage *cov, const struct image *img,
                   struct cov_count *counts, const struct filter *filter);
void coverage_free(struct coverage *cov);

#endif /* KCOV8_COVERAGE_H */
