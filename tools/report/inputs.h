/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* inputs.h - dumps and PC files, summed up for one image or several */
#ifndef KCOV8_INPUTS_H
#define KCOV8_INPUTS_H

#include "base/strtab.h"
#include "base/tool.h"
#include "index/code.h"
#include "report/coverage.h"
#include "report/reach.h"

/**
 * struct inputs - what all lists together tell
 * @images:  those that are given, or that an index has
 * @codes:   by image: where it came from if not from a file, else NULL
 * @others:  names of images in the dumps that are not
 * @unknown: something in the lists is of no image
 * @reach:   who reached which block: each list is a test; NULL: not wanted
 * @globs:   @n_globs: only tests with such names; none: all
 * @n_tests: that were taken
 */
struct inputs {
  struct cov_image *images;
  struct code_image **codes;
  size_t n_images;
  struct strtab others;
  bool unknown;
  struct reach *reach;
  const char **globs;
  size_t n_globs, n_tests;
};

/* inputs_add_image() - Return: false after a message. */
bool inputs_add_image(struct inputs *in, const char *path);

/* One more image, freed by @in: with its @code, or as one of a file. */
void inputs_push(struct inputs *in, struct image *img, struct code_image *code);

/* Whether the name of a test is one of those that are wanted. */
bool inputs_wants(const struct inputs *in, const char *name);

/* Block @b of image number @image has @count more hits by the last test. */
void inputs_count(struct inputs *in, size_t image, size_t b, uint64_t count);

/* Tests are too many to be told apart: say so, and do not. */
void inputs_merge_tests(struct inputs *in);

/*
 * inputs_add_index() - all tests of an index that are wanted
 * Images that are given already, or else the newest build of each program in
 * the index, which needs no file.
 * Return: false after a message.
 */
bool inputs_add_index(struct inputs *in, const char *path);

/*
 * inputs_add_list() - a dump, or a PC file; "-" is stdin
 * Return: EXIT_DONE, maybe after a message about what is of no image, which
 * sets @in->unknown; else after a message.
 */
enum exit_code inputs_add_list(struct inputs *in, const char *path);

/* Name the images that dumps have beside those that are given. */
void inputs_tell_others(const struct inputs *in);

/* What stands for the images in a message: the image; NULL if several. */
const char *inputs_name(const struct inputs *in);
void inputs_free(struct inputs *in);

#endif /* KCOV8_INPUTS_H */
