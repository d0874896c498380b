/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* tests.h - tests and their results, into an index */
#ifndef KCOV8_TESTS_H
#define KCOV8_TESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "index/index.h"
#include "index/results.h"

/**
 * struct test_run - one run of a test
 * @seconds: below 0 if unknown
 * @began:   microseconds since 1970
 * @uid:     random, of this run
 */
struct test_run {
  const char *name, *outcome;
  double seconds;
  int64_t began, uid;
};

/*
 * test_put() - the run becomes the test's result, unless a later one is there
 * Inside a transaction. What the result before had reached is gone.
 * @row: of table test; 0: this run, or a later one, is there
 * Return: true; false after a message.
 */
bool test_put(struct index *ix, const struct test_run *run, int64_t *row);

/* test_put_hits() - @bits, @n bytes, is what @test reached of @image (rows) */
bool test_put_hits(struct index *ix, int64_t test, int64_t image,
                   const void *bits, size_t n);

/*
 * test_put_carried() - @bits is what @test may be held to reach of @image, as
 * it reached what was there instead in @origin (rows)
 */
bool test_put_carried(struct index *ix, int64_t test, int64_t image,
                      int64_t origin, const void *bits, size_t n);

/*
 * test_put_results() - both, for all images of @results
 * An image that the index has not is read from its file. If that is gone, or of
 * another build, it is said, and the image has no functions.
 * @complete: becomes false then
 */
bool test_put_results(struct index *ix, const struct test_run *run,
                      const struct results *results, bool *complete);

/* random_uid() - 53 random bits: what JSON's readers can hold */
int64_t random_uid(void);
int64_t microseconds_now(void);

#endif /* KCOV8_TESTS_H */
