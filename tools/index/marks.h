/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* marks.h - counters that a question is about, and the tests that hit them */
#ifndef KCOV8_MARKS_H
#define KCOV8_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "index/index.h"

/* Why a block is asked about; a set. */
enum why {
  WHY_TEST = 1,     /* the test itself is */
  WHY_LINE = 2,     /* it is on a line that is asked about */
  WHY_FUNCTION = 4, /* in a function of such a line */
  WHY_FILE = 8,     /* in a file of it */
  WHY_IMAGE = 16,   /* in an image of it */
  WHY_STALE = 32,   /* its function has changed since the test ran */
};

/**
 * struct marks - of the counters of one image
 * @image: in table image
 * @of:    by counter, enum why
 * @any:   by counter: a test hit it; of marked ones, filled by marks_scan()
 * @first, @end: all marked ones are in between
 */
struct marks {
  int64_t image;
  uint64_t n_counters, first, end;
  uint8_t *of, *any;
};

/*
 * marks_make() - none yet
 * @path: of the index or image, for a message
 * Return: true; false after a message: nothing has so many counters.
 */
bool marks_make(struct marks *m, const char *path, int64_t image,
                uint64_t n_counters);
void marks_free(struct marks *m);

/* counters_each() - @use for each counter of @f, a function of @img, and each
 * block that it stands for */
void counters_each(const struct image *img, const struct func *f,
                   void (*use)(void *to, uint64_t counter, uint32_t block),
                   void *to);

/* marks_block() - one without a counter: the counters that stand for it */
void marks_block(struct marks *m, const struct image *img, uint32_t block,
                 uint8_t why);

/* marks_reached() - whether some test reached @block; after marks_scan() */
bool marks_reached(const struct marks *m, const struct image *img,
                   uint32_t block);

/**
 * struct answer - a test and what it reached
 * @why:  of what it hit; @stale_why: of functions that have changed since
 * @carried_why: of what was carried to the build, not measured in it
 * @carried: all that it hit was carried, but for what is stale
 * @stale: all that it hit is of functions that have changed since it ran
 * @n_asked: counters of WHY_LINE that it hit
 * @n_all: counters that it hit at all, of all images
 */
struct answer {
  int64_t test;
  uint8_t why, carried_why, stale_why;
  bool carried, stale;
  uint64_t n_asked, n_all;
  char *name, *outcome;
  double seconds; /* negative: not known */
};

struct answers {
  struct answer *v;
  size_t n, cap;
};

/*
 * marks_scan() - add the tests that hit a marked counter, or any if @all
 * @all: 0, or what then is the answer's @why
 * A test that is there already gets more.
 */
bool marks_scan(struct marks *m, struct index *ix, uint8_t all,
                struct answers *answers);

/* The same, for hits that were carried to the image. */
bool marks_scan_carried(struct marks *m, struct index *ix,
                        struct answers *answers);

/* answers_add() - a test, whatever it hit */
void answers_add(struct answers *answers, int64_t test, uint8_t why);

/*
 * answers_finish() - names, and what is known of the tests otherwise; sorted:
 * the test itself, line, function, file, image; of those alike the ones first
 * of whose counters the largest share is asked about
 */
bool answers_finish(struct answers *answers, struct index *ix);
void answers_free(struct answers *answers);

#endif /* KCOV8_MARKS_H */
