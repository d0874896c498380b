/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * codec.h - the bytes of function.code and image.functions
 *
 * docs/index-format.md has the tables. Nothing here knows of a database: files
 * are numbers of the caller's. Bytes that are read may be anything.
 */
#ifndef KCOV8_CODEC_H
#define KCOV8_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/dumpwrite.h"
#include "image/image.h"

/* Bytes being read; once @bad they are not to be trusted. */
struct span {
  const uint8_t *p, *end;
  bool bad;
};

uint64_t span_uleb(struct span *s);
/* 0, and bad, if it is above @max. */
uint32_t span_upto(struct span *s, uint32_t max);

/**
 * struct lines - of one function in one file
 * @file:  index in image.files
 * @first, @last: of its blocks' runs, in the function's own file also of its
 *         declaration; both 0 if there are none
 */
struct lines {
  uint32_t file, first, last;
};

/*
 * encode_func() - what function.code holds behind its list of files
 * @files: *@n_files entries, which the caller frees; the code has indices in
 *         it. The first is the function's own.
 */
void encode_func(struct byte_buffer *out, const struct image *img,
                 const struct func *f, struct lines **files, size_t *n_files);

/*
 * decode_func() - the reverse: adds the blocks of the last function of @img
 * @f:     has hash, n_blocks and its place in the counter array; gets the rest
 *         but names and keys
 * @files: indices in image.files of the @n_files files in the code's list
 * @keys:  gets what image.keys has of a function: its keys, and its rules with
 *         their number in front if it is pruned; *@n_keys words of @cap_keys
 * Return: true; false if the bytes are damaged.
 */
bool decode_func(struct span *in, struct image *img, struct func *f,
                 const uint32_t *files, uint32_t n_files, uint32_t **keys,
                 size_t *n_keys, size_t *cap_keys);

/**
 * struct placed - a function in an image
 * @row:  in table function
 * @array, @first, @rows, @discarded: as in struct func
 */
struct placed {
  int64_t row;
  uint64_t array;
  uint32_t first, rows;
  bool discarded;
};

/* encode_placed() - one function more; @last is the one before, or zeroes */
void encode_placed(struct byte_buffer *out, const struct placed *last,
                   const struct placed *p);

/*
 * decode_placed() - the next one
 * @p: the one before, or zeroes; becomes the next one
 * Return: false at the end, and if the bytes are damaged: then in->bad.
 */
bool decode_placed(struct span *in, struct placed *p);

#endif /* KCOV8_CODEC_H */
