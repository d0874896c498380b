/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* news.h - which blocks tests, or dumps, have reached, image by image */
#ifndef KCOV8_NEWS_H
#define KCOV8_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "index/code.h"
#include "index/index.h"
#include "index/results.h"

/**
 * struct reached - of one image
 * @img:   its code, wherever it comes from
 * @code, @file, @path: where it comes from, if not from the caller
 * @of:    by block
 */
struct reached {
  const struct image *img;
  struct code_image *code;
  struct image *file;
  char *path;
  bool *of;
};

/* struct side - of all images; @complete: none had to be left out, said */
struct side {
  struct reached *v;
  size_t n, cap;
  bool complete;
};

/*
 * side_index() - what is in an index
 * @test: in table test; 0: all tests
 * Return: true; false after a message. side_free() is due in either case.
 */
bool side_index(struct side *r, struct index *ix, int64_t test);

/*
 * side_results() - what is in dumps, called @name in messages
 * @given: @n_given images; others are read from the paths in the dumps
 */
void side_results(struct side *r, const struct results *results,
                  const char *name, const struct image *given, size_t n_given);
void side_free(struct side *r);

/**
 * struct news - what one reaches and another does not, in one image
 * @of: by block
 */
struct news {
  const struct image *img;
  bool *of;
  size_t n;
};

/*
 * news_make() - what @b reaches and @a does not
 * Images of the same name are builds of one program: their blocks are the same
 * if they have the same ID.
 * Return: @n of them, for news_free()
 */
struct news *news_make(const struct side *a, const struct side *b, size_t *n);
void news_free(struct news *news, size_t n);

#endif /* KCOV8_NEWS_H */
