/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* blocks.h - how one block is written, the same in every command */
#ifndef KCOV8_BLOCKS_H
#define KCOV8_BLOCKS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/jsonw.h"
#include "image/image.h"

/* The optimiser removed it: it is in the table, but can never run. */
bool block_removed(const struct block *b);

/*
 * "FUNCTION<TAB>FILE:L.C,L.C". Without debug info the range is 0.0,0.0 and the
 * function gets the block's number: "main#3".
 */
void write_place(FILE *f, const struct image *img, const struct block *b);

/*
 * gvisor_path() - the block's file with a component pkg/, as syzkaller's reader
 * demands it; to be freed
 */
char *gvisor_path(const struct image *img, const struct block *b);

/* "PATH:L.C,L.C" with that path. */
void write_gvisor_place(FILE *f, const struct image *img,
                        const struct block *b);

/* Members of a JSON object that is open: all that is known of the block. */
void write_block_json(struct jsonw *j, const struct image *img,
                      const struct block *b);

#endif /* KCOV8_BLOCKS_H */
