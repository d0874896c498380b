/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hits.h - a set of counters of one image: those that were not 0
 *
 * docs/index-format.md has its bytes. In memory it is as large as these tell,
 * not as its image.
 */
#ifndef KCOV8_HITS_H
#define KCOV8_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/dumpwrite.h"

/**
 * struct hits - a set; all zero is the empty one
 * @ranges: ascending, with a gap between any two; go through them as you like
 */
struct hits {
  struct hit_range {
    uint64_t first, n;
  } * ranges;
  size_t n, cap;
};

/* Add @n counters, from index @first on. Fast if they are behind all others. */
void hits_add(struct hits *hits, uint64_t first, uint64_t n);
void hits_union(struct hits *hits, const struct hits *more);

bool hits_contains(const struct hits *hits, uint64_t index);
uint64_t hits_count(const struct hits *hits);

/* Append the bytes of the set to @to. */
void hits_encode(const struct hits *hits, struct byte_buffer *to);

/*
 * hits_runs() - go through the bytes of a set
 * @run: NULL, or called for each range of counters, ascending; @value is 1
 * Return: true if they are well, and of an image of @n_counters.
 */
bool hits_runs(const void *bytes, size_t n, uint64_t n_counters,
               void (*run)(void *to, uint64_t first, uint64_t n,
                           uint32_t value),
               void *to);

/*
 * hits_decode() - the set, which was empty, of its bytes
 * Return: whether they are well, and of an image of @n_counters. hits_free() is
 * due in either case.
 */
bool hits_decode(struct hits *hits, const void *bytes, size_t n,
                 uint64_t n_counters);
void hits_free(struct hits *hits);

#endif /* KCOV8_HITS_H */
