/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* pair.h - two builds of a program, and how they were compiled */
#ifndef KCOV8_PAIR_H
#define KCOV8_PAIR_H

#include "base/jsonw.h"
#include "image/image.h"

struct pair {
  struct image from, to;
};

/*
 * pair_load() - both images
 * Return: true; false after a message. pair_free() is due in either case.
 */
bool pair_load(struct pair *pair, const char *from, const char *to);
void pair_free(struct pair *pair);

/*
 * pair_differences() - what makes their blocks differ though the source may not
 * @tell: called for each sentence
 */
void pair_differences(const struct pair *pair,
                      void (*tell)(void *ctx, const char *sentence), void *ctx);

/* The same, as warnings. */
void pair_warn(const struct pair *pair);

/* Members of a JSON object that is open: both images, the sentences. */
void pair_json(struct jsonw *j, const struct pair *pair);

#endif /* KCOV8_PAIR_H */
