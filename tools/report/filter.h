/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* filter.h - what of an image a report is about */
#ifndef KCOV8_FILTER_H
#define KCOV8_FILTER_H

#include <stdbool.h>

#include "image/image.h"
#include "pass/plan/rules.h"

/**
 * struct filter - answers of filter rules; all zero wants everything
 * @files: by index in image.files
 * @funcs: by index in image.funcs; says nothing of the function's file
 */
struct filter {
  bool *files, *funcs;
};

/* filter_make() - ask the rules about every file and function of an image */
void filter_make(struct filter *f, const struct image *img,
                 struct kcov8_rules *rules);

/* Name each rule that has matched in no image so far; @what: the images. */
void filter_tell_unmatched(const struct kcov8_rules *rules, const char *what);
void filter_free(struct filter *f);

#endif /* KCOV8_FILTER_H */
