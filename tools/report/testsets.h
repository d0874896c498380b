/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * testsets.h - the sets of tests of one source file, each once
 *
 * Many lines of a file are reached by the same tests, so the file's page has a
 * list of sets, and each line the number of one.
 */
#ifndef KCOV8_TESTSETS_H
#define KCOV8_TESTSETS_H

#include "report/parts.h"
#include "report/reach.h"

/**
 * struct testset_use - how often the file has a set
 */
struct testset_use {
  uint32_t blocks, funcs, lines;
};

/**
 * struct testsets - sets of one file after the other
 * @n_words: of 64 tests, in a set
 * @bits:    the sets, one behind the other; the first is the empty one
 * @uses:    by set
 * @slots:   hash table of sets: number + 1, 0 = free
 * @cached:  by set of @reach: its number here + 1, if @stamps has @stamp
 * @sum:     the union that is being made
 */
struct testsets {
  const struct reach *reach;
  size_t n_words, n, cap;
  uint64_t *bits;
  struct testset_use *uses;
  uint32_t *slots, *cached, *stamps, stamp;
  size_t n_slots;
  uint64_t *sum;
};

void testsets_init(struct testsets *t, const struct reach *reach);

/* A new file: no set but the empty one. */
void testsets_clear(struct testsets *t);

/* The number of the set that blocks @image, @block have. */
uint32_t testsets_of_block(struct testsets *t, uint32_t image, uint32_t block);

/* A union: begin, add numbers, and get its number. */
void testsets_begin_union(struct testsets *t);
void testsets_add(struct testsets *t, uint32_t set);
uint32_t testsets_end_union(struct testsets *t);

static inline const uint64_t *testsets_bits(const struct testsets *t,
                                            uint32_t set) {
  return t->bits + (size_t)set * t->n_words;
}

/* The set of the tests that reached some block of @part. */
uint32_t testsets_of_part(struct testsets *t, const struct coverage *cov,
                          const struct parts *parts, const struct part *part);

void testsets_free(struct testsets *t);

#endif /* KCOV8_TESTSETS_H */
