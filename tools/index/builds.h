/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* builds.h - the images of an index, as builds of programs */
#ifndef KCOV8_BUILDS_H
#define KCOV8_BUILDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "index/code.h"
#include "index/index.h"

/**
 * struct build - an image in the index
 * @name:  last part of @path
 * @known: the index has its functions
 * @used:  when a test of it began, or the index got it, in microseconds since
 *         1970, whichever is later
 * @has_hits: some test's last run was with it
 * @has_carried: some test has hits that were carried to it
 * @program: builds with the same number are of one program
 * @code:  all of it, once builds_code() has been asked
 */
struct build {
  int64_t row, used;
  uint64_t digest, n_counters;
  char *path;
  const char *name;
  bool known, has_hits, has_carried, loaded;
  size_t program;
  struct code_image code;
};

/**
 * struct builds - all of them, by row
 * Images with the same name are builds of one program if half of the functions
 * of the smaller one are, by hash, in the newest: tests may each have a program
 * called a.out.
 */
struct builds {
  struct build *v;
  size_t n, cap;
};

/* Return: true; false after a message. builds_free() is due in either case. */
bool builds_load(struct builds *builds, struct index *ix);
void builds_free(struct builds *builds);

/* The build of program @program that was used last, of those that are known. */
struct build *builds_newest(const struct builds *builds, size_t program);

/* The build that @img is, or NULL. */
struct build *builds_find(const struct builds *builds, const struct image *img);

/*
 * builds_program() - the program whose next build @img may be, by name
 * Return: true; false if no build has its name.
 */
bool builds_program(const struct builds *builds, const struct image *img,
                    size_t *program);

/* builds_code() - read all of a build. Return: NULL after a message. */
const struct image *builds_code(struct build *b, struct index *ix);

#endif /* KCOV8_BUILDS_H */
