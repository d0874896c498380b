/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * reach.h - which tests reached which block
 *
 * Blocks that the same tests reached share a set, and sets that begin alike
 * share their beginning: a set is a test, and the set of those before it. So
 * ten thousand tests of a million blocks fit, and a test costs what it reached.
 */
#ifndef KCOV8_REACH_H
#define KCOV8_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/**
 * struct reach_test - a test, or any other list that has a name
 * @outcome: "" if it is not known
 * @seconds: below 0 if they are not known
 */
struct reach_test {
  char *name, *outcome;
  double seconds;
};

/* A set takes a bit for each test, and a page has hundreds of sets. */
#define REACH_MAX 20000

/* Number 0 is the empty set. */
#define REACH_NOBODY 0

/**
 * struct reach - sets of tests, by block
 * @sets:  by image and block: index in @nodes
 * @nodes: @test, and all of @before; @next is the last set that was made of
 *         this one, to be found again
 */
struct reach {
  struct reach_test *tests;
  size_t n_tests, cap_tests;
  uint32_t **sets;
  size_t n_images;
  struct reach_node {
    uint32_t test, before, next;
  } * nodes;
  size_t n_nodes, cap_nodes;
};

/* Room for blocks of one more image. */
void reach_add_image(struct reach *r, const struct image *img);

/* The test that what follows is of; names are copied. */
void reach_begin(struct reach *r, const char *name, const char *outcome,
                 double seconds);

/* The last test reached it. Again makes no difference. */
void reach_add(struct reach *r, size_t image, size_t block);
void reach_free(struct reach *r);

#endif /* KCOV8_REACH_H */
