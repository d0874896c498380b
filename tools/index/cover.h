/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* cover.h - a small set of tests that reaches what all of them reach */
#ifndef KCOV8_COVER_H
#define KCOV8_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/index.h"

/**
 * struct cover_hits - what a test hit of one image
 * @first: of the image, in the counters of all images, one behind the other
 * @bits:  as in table hits
 */
struct cover_hits {
  uint64_t first, n_counters;
  uint8_t *bits;
  size_t size;
};

/**
 * struct cover_test - a test
 * @seconds: negative if not known
 * @gain:  counters that no test chosen before hits; of those not chosen, at
 *         least what it would be
 */
struct cover_test {
  char *name, *outcome;
  double seconds;
  int64_t row;
  struct cover_hits *hits;
  size_t n_hits, cap_hits;
  uint64_t gain;
  bool chosen;
};

/**
 * struct cover - all tests, and those chosen, best first
 * @n_counters: of all images
 * @n_reached: of these by any test, and by the chosen ones
 */
struct cover {
  struct cover_test *tests;
  size_t n_tests, cap_tests;
  size_t *chosen, n_chosen;
  uint64_t n_counters, n_reached;
};

/*
 * cover_make() - choose, greedily: the most new counters in a second, again and
 * again; then without those that the others make needless
 * @outcome: only tests that ended so; NULL: all
 * Time that is not known is the mean of what is.
 * Return: true; false after a message. cover_free() is due in either case.
 */
bool cover_make(struct cover *c, struct index *ix, const char *outcome);
void cover_free(struct cover *c);

#endif /* KCOV8_COVER_H */
