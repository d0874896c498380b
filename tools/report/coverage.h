/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * coverage.h - what a report says, before it has a format
 *
 * All formats are written from this, so they agree on every number:
 * - a block belongs to the file of its first line (`kcov8 list` shows it), and
 *   to one image: what two images have alike counts twice;
 * - a function belongs to its own source file; copies of one function (same
 *   file and name) are one, be they in several images;
 * - a line's count is the largest of its blocks', in whatever file or image; a
 *   block that ran inlined elsewhere counts for its lines (inlined.h);
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

/**
 * struct cov_image - an image, and what ran of it
 * @counts: by block
 * @filter: all zero wants everything
 * coverage_make() fills in:
 * @live:   by block: it counts, if its file does
 * @files:  by index in @img->files, the file's number in coverage.paths
 * @inlined: by block: it did not run, but where it is inlined: number in
 *          coverage.groups, from 1; else 0
 */
struct cov_image {
  struct image *img;
  struct cov_count *counts;
  struct filter filter;
  bool *live;
  uint32_t *files, *inlined;
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

/* One copy of a function; @file is its number in coverage.paths. */
struct cov_copy {
  const struct func *func;
  uint32_t image, file;
};

/**
 * struct cov_func - one function of one file
 * @func:   of the first copy that counts
 * @copies: @n_copies, of all images; some may not count
 * @line:   of its declaration; else of its first block; 0 if neither is known
 * @first, @last: lines of its own code in its own file, @first not above @line;
 *          0 if there are none
 * @count:  of its entry block; of its busiest block if that has none
 */
struct cov_func {
  const struct func *func;
  const struct cov_copy *copies;
  uint32_t n_copies;
  uint32_t line, first, last;
  struct cov_count count;
  struct cov_ratio blocks;
};

/* A block: indices in coverage.images and in its image's blocks. */
struct cov_block {
  uint32_t image, block;
};

/**
 * struct cov_file - one source file
 * @funcs: by line, then linkage name
 * @lines: ascending
 * @blocks: by position
 */
struct cov_file {
  const char *path;
  struct cov_ratio n_blocks, n_funcs, n_lines;
  struct cov_func *funcs;
  struct cov_line *lines;
  struct cov_block *blocks;
};

/* Blocks that ran, into which one was inlined; the largest of their counts. */
struct cov_group {
  struct cov_block *blocks;
  size_t n;
  struct cov_count count;
};

/**
 * struct coverage - the whole report
 * @files:  those with something in them, by path
 * @paths:  of all files of all images
 * @copies: of all functions
 * @n_without_lines: live blocks that no line shows
 * @at_least: some line's count is a lower bound
 */
struct coverage {
  struct cov_image *images;
  size_t n_images;
  struct strtab paths;
  struct cov_copy *copies;
  struct cov_group *groups;
  size_t n_groups, cap_groups;
  struct cov_file *files;
  size_t n_files;
  struct cov_ratio n_blocks, n_funcs, n_lines;
  uint64_t n_without_lines;
  bool at_least;
};

static inline const struct block *cov_block(const struct coverage *cov,
                                            struct cov_block b) {
  return &cov->images[b.image].img->blocks[b.block];
}

static inline struct cov_count cov_count_of(const struct coverage *cov,
                                            struct cov_block b) {
  return cov->images[b.image].counts[b.block];
}

/* Where the block ran inlined, if it ran there alone; else NULL. */
static inline const struct cov_group *cov_inlined(const struct coverage *cov,
                                                  struct cov_block b) {
  const uint32_t group = cov->images[b.image].inlined[b.block];
  return group ? &cov->groups[group - 1] : NULL;
}

/* What the block's lines have of it. */
static inline struct cov_count cov_line_count(const struct coverage *cov,
                                              struct cov_block b) {
  const struct cov_group *group = cov_inlined(cov, b);
  return group ? group->count : cov_count_of(cov, b);
}

/*
 * @images: at least one; they outlive @cov. Filters may want nothing at all:
 * then @cov->n_files is 0.
 */
void coverage_make(struct coverage *cov, struct cov_image *images,
                   size_t n_images);
void coverage_free(struct coverage *cov);

#endif /* KCOV8_COVERAGE_H */
