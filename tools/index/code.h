/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * code.h - images and their functions in an index
 *
 * What comes out of an index is a struct image, as if it came from the file:
 * whatever takes one works without the file.
 */
#ifndef KCOV8_CODE_H
#define KCOV8_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "index/index.h"

/*
 * index_add_image() - put @img and its functions into the index
 * Inside a transaction of the caller's. Nothing changes if the index has all of
 * it. A function that other images or builds have, byte for byte, is there
 * once.
 * @row: in table image
 * Return: true; false after a message.
 */
bool index_add_image(struct index *ix, const struct image *img, int64_t *row);

/*
 * index_copy_image() - take over image @from_row of @from, for a merge
 * With its functions, if @from has them and @to has not. Inside a transaction
 * of @to.
 * @row: in @to
 * Return: true; false after a message.
 */
bool index_copy_image(struct index *to, struct index *from, int64_t from_row,
                      int64_t *row);

/**
 * struct code_image - an image, or some of its functions, from an index
 * @img:  `elf' has nothing but the size of the counter section; no function has
 *        a unit; PCs are there if all functions are
 * @rows: by function, its row in table function
 * @added: when the index got it, in microseconds since 1970
 */
struct code_image {
  struct image img;
  int64_t *rows;
  int64_t added;
};

/*
 * code_load() - functions of an image
 * @image: in table image
 * @wanted: @n_wanted rows of table function, ascending; NULL: all. Those that
 *         the image has not are left out.
 * Return: true, also if the index has no functions of the image: then there are
 * none; false after a message. code_free() is due in either case.
 */
bool code_load(struct code_image *code, struct index *ix, int64_t image,
               const int64_t *wanted, size_t n_wanted);
void code_free(struct code_image *code);

#endif /* KCOV8_CODE_H */
