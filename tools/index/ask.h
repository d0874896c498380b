/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ask.h - which tests reach a place, in one build of each program
 *
 * A test's last run may have been with an older build. What it reached there
 * holds for functions that have the same code in both. Of others it is
 * stale: what such a test, or one that did not reach them, does in the new
 * build is not known, and never taken for `not reached'.
 */
#ifndef KCOV8_ASK_H
#define KCOV8_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "index/builds.h"
#include "index/marks.h"
#include "index/where.h"

enum state { STATE_NOT_REACHED, STATE_REACHED, STATE_UNKNOWN };

/**
 * struct target - a build that is asked about
 * @img:   its code, or the functions of it that matter
 * @given: it came as a file; freed by the caller
 * @build: in the index, or NULL
 * @part:  what @img is, if it is not all of the build
 * @why:   by block: enum why
 * @state: by block of @why: enum state; after ask_run()
 * @all:   why all tests of the image are asked for, or 0
 */
struct target {
  const struct image *img;
  bool given, partial;
  struct build *build;
  size_t program;
  struct code_image part;
  uint8_t *why, *state;
  uint8_t all;
};

/**
 * struct ask - a question
 * @changed: functions that are not the same in older builds are asked about,
 * too
 * @named: tests that are asked for themselves
 * @n_blind: tests whose last run was with a build whose functions the index
 * does not have; @blind: its path
 */
struct ask {
  struct index *ix;
  struct builds builds;
  struct target *targets;
  size_t n_targets, cap_targets;
  bool changed;
  int64_t *named;
  size_t n_named, cap_named;
  struct answers answers;
  uint64_t n_blind;
  const char *blind;
};

/*
 * ask_begin() - the builds of @ix
 * Return: true; false after a message. ask_free() is due in either case.
 */
bool ask_begin(struct ask *a, struct index *ix);

/* ask_image() - ask about @img. Return: true; false after a message. */
bool ask_image(struct ask *a, const struct image *img);

/* ask_newest() - ask about the newest build of each program */
void ask_newest(struct ask *a);

/*
 * ask_files() - paths of files that targets have, and those that the index has
 * Return: @n paths, which the caller frees with ask_free_files().
 */
char **ask_files(struct ask *a, size_t *n);
void ask_free_files(char **files, size_t n);

/*
 * ask_load() - read the functions that @where may concern
 * Paths are those of the index or of an image, letter by letter. If anything
 * but WHY_LINE is asked for, there are all functions with code in the file.
 * If it names functions, there are all of the program. May be called again.
 * Return: true; false after a message.
 */
bool ask_load(struct ask *a, const struct where *where, size_t n_where);

/*
 * ask_run() - find the tests, after ask_load()
 * @where: nothing that ask_load() was not told of
 * Return: true; false after a message.
 */
bool ask_run(struct ask *a, struct where *where, size_t n_where);

/*
 * ask_lines() - what is known of lines of the file @path, after ask_run()
 * @states: by line up to @last: gets enum state, of those with blocks that are
 *          asked about; others stay
 */
void ask_lines(const struct ask *a, const char *path, uint32_t last,
               int8_t *states);
void ask_free(struct ask *a);

#endif /* KCOV8_ASK_H */
