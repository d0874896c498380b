/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dumpsum.h - many dumps as one, without their images
 *
 * What counters held adds up to 255, as it does where a dump is read. Bytes of
 * probe=unary are no counts, and only the image knows which those are: 3, 7, 15
 * and so on, which may be such, stay apart, in sections of their own.
 */
#ifndef KCOV8_DUMPSUM_H
#define KCOV8_DUMPSUM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "image/dumpfile.h"

enum { N_DOUBTS = 7 }; /* 3, 7, 15, 31, 63, 127, 255 */

/**
 * struct sum_counter - a counter that was not 0
 * @count:  sum of what are counts, or the same as either
 * @doubts: how often it held each of the values in doubt
 */
struct sum_counter {
  uint64_t index;
  uint8_t count, doubts[N_DOUBTS];
};

struct sum_moved {
  uint64_t id, pc;
};

/**
 * struct sum_image - an image
 * @n_parts: how often it came; if once, it is written as it came
 * @counters: ascending
 */
struct sum_image {
  uint64_t digest, n_counters;
  char *path;
  bool counted;
  size_t n_parts;
  struct sum_counter *counters;
  size_t n, cap;
  struct sum_moved *moved;
  size_t n_moved, cap_moved;
};

/**
 * struct dump_sums - all dumps; all zero is none
 * @program: of all of them; NULL if there is none yet, "" if they differ
 * @pid:     of the only one
 */
struct dump_sums {
  struct sum_image *images;
  size_t n, cap, n_dumps;
  char *program;
  uint64_t pid;
};

/* dump_sums_read() - add all dumps of a file that are well */
enum dump_result dump_sums_read(struct dump_sums *sums, FILE *f,
                                const char *name);

/* dump_sums_write() - as one dump; of one process, the bytes that it wrote */
void dump_sums_write(const struct dump_sums *sums, FILE *f);
void dump_sums_free(struct dump_sums *sums);

#endif /* KCOV8_DUMPSUM_H */
