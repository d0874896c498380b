/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * bench.h - what the parts of the flush bench share
 */
#ifndef BENCH_FLUSH_H
#define BENCH_FLUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/device.h"

/* ---- image.c: an image as a linker would leave it, of any size -------- */

enum { UNIT_BLOCKS = 4096 }; /* counters in the array of one source file */

struct image {
  struct kcov8_image desc;
  uint8_t *counters;
  size_t n_counters;
  struct kcov8_func *funcs;
  size_t n_funcs;
  size_t table_bytes; /* counters, keys and records */
  uint8_t *marks;     /* one per KCOV8_MARK_BYTES counters */
  struct kcov8_array *arrays;
};

/* Functions of 1 to 24 blocks, spread over units of UNIT_BLOCKS counters. */
void image_make(struct image *image, size_t n_blocks);

/* From now on it has marks, too. */
void image_add_summary(struct image *image);
void image_free(struct image *image);

/*
 * Indices of @n counters, ascending. Clustered: functions anywhere, each with
 * three of four blocks hit; else every counter with the same odds.
 */
uint32_t *choose_hits(const struct image *image, size_t n, bool clustered);

uint64_t random64(void);

/* ---- peers.c: other ways to do it, on the same memory ----------------- */

/* Find, clear, and put indices into @out; return how many. */
size_t byte_loop(uint8_t *bytes, size_t n, uint32_t *out);
size_t words_of_8(uint8_t *bytes, size_t n, uint32_t *out);

/* Read or copy all. */
size_t read_memchr(uint8_t *bytes, size_t n);
size_t copy_memcpy(uint8_t *to, const uint8_t *bytes, size_t n);

/* ---- port.c: hooks, and how much memory the core holds ---------------- */

extern size_t port_live_bytes, port_peak_bytes;

/* As a kernel: does it lend vector registers? Its thread's own, loaded again.
 */
extern bool port_lends;
void port_vectors_back(void);

#endif /* BENCH_FLUSH_H */
