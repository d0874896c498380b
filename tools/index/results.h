/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* results.h - what the processes of a test reached, image by image */
#ifndef KCOV8_RESULTS_H
#define KCOV8_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "image/dumpfile.h"
#include "index/hits.h"

/**
 * struct image_hits - of one image
 * @path: as its process gave it; "" if that did not know
 * @program: whose process that was
 */
struct image_hits {
  uint64_t digest, n_counters;
  char *path, *program;
  struct hits hits;
};

/* All images; all zero is none. @program is of the dump that is being read. */
struct results {
  struct image_hits *images;
  size_t n, cap;
  char *program;
};

/* results_read() - add all dumps of a file that are well */
enum dump_result results_read(struct results *r, FILE *f, const char *name);
void results_free(struct results *r);

/* results_of() - those of an image, which is added if there are none */
struct image_hits *results_of(struct results *r, const struct dump_image *img);

#endif /* KCOV8_RESULTS_H */
