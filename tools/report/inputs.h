/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* inputs.h - dumps and PC files, summed up for one image or several */
#ifndef KCOV8_INPUTS_H
#define KCOV8_INPUTS_H

#include "base/strtab.h"
#include "base/tool.h"
#include "report/coverage.h"
#include "report/reach.h"

/**
 * struct inputs - what all lists together tell
 * @images:  those that are given
 * @others:  names of images in the dumps that are not
 * @unknown: something in the lists is of no image
 * @reach:   who reached which block: each list is a test; NULL: not wanted
 */
struct inputs {
  struct cov_image *images;
  size_t n_images;
  struct strtab others;
  bool unknown;
  struct reach *reach;
};

/* inputs_add_image() - Return: false after a message. */
bool inputs_add_image(struct inputs *in, const char *path);

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
