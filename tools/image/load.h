/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* load.h - from a file to an image */
#ifndef KCOV8_LOAD_H
#define KCOV8_LOAD_H

#include <stdbool.h>

#include "image/image.h"

/* Whether @path is a regular file that begins as an image does. */
bool image_detect(const char *path);

/*
 * image_load() - read an image
 * Return: true; false after a message. image_free() is due in either case.
 * An image may have no blocks (n_blocks == 0) if a map shows that it was
 * compiled with the pass; see image_require_blocks().
 */
bool image_load(struct image *img, const char *path);

/* image_load_any() - the same, of images of stock compilers, too */
bool image_load_any(struct image *img, const char *path);
void image_free(struct image *img);

/* For commands to which an image without blocks is a failure. */
bool image_require_blocks(const struct image *img);

#endif /* KCOV8_LOAD_H */
