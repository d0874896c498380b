/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* asking.h - what `kcov8 tests' has of its arguments, and what it answers */
#ifndef KCOV8_ASKING_H
#define KCOV8_ASKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/patch.h"
#include "index/ask.h"

/**
 * struct asking - one run of `kcov8 tests'
 * @images: those given, which @ask has as targets
 * @where:  places; with a patch, one a file
 * @trouble: something could not be asked; said
 * @patch:  name of the patch, NULL without one
 */
struct asking {
  struct index ix;
  struct ask ask;
  struct image *images;
  size_t n_images;
  struct where *where;
  size_t n_where, cap_where;
  char **files;
  size_t n_files;
  bool trouble, json;
  const char *patch;
};

/* A place more, all zero. */
struct where *asking_add(struct asking *a);

/* Its file's path becomes one that is known. Return: false after a message. */
bool asking_resolve(struct asking *a, struct where *w);

/*
 * asking_patch() - the patch @name ("-": stdin) becomes places
 * Return: exit code.
 */
int asking_patch(struct asking *a, const char *name);

/* asking_print() - the answers to stdout. Return: exit code. */
int asking_print(struct asking *a);

#endif /* KCOV8_ASKING_H */
