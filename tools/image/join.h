/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* join.h - names and source ranges for an image's blocks */
#ifndef KCOV8_JOIN_H
#define KCOV8_JOIN_H

#include "image/image.h"

/*
 * join_map() - fill in what the block map and the symbol table tell about the
 * functions and blocks of @img, which are there, with IDs. Says so when a
 * function and its map entry do not fit each other.
 */
void join_map(struct image *img);

/* join_demangle() - a linkage name as its source has it; @img keeps it */
const char *join_demangle(struct image *img, const char *name);

#endif /* KCOV8_JOIN_H */
