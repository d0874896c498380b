/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* join.h - names and source ranges for an image's blocks */
#ifndef KCOV8_JOIN_H
#define KCOV8_JOIN_H

struct image;

/*
 * join_map() - second half of image_load(): functions and blocks exist, with
 * IDs; fills in what the block map and the symbol table tell about them. Says
 * so when a function and its map entry do not fit each other.
 */
void join_map(struct image *img);

#endif /* KCOV8_JOIN_H */
