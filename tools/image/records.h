/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* records.h - function records become functions and blocks */
#ifndef KCOV8_RECORDS_H
#define KCOV8_RECORDS_H

#include <stdbool.h>

#include "image/image.h"

/*
 * records_read() - check every record of @img->elf, and fill in its functions
 * and blocks, IDs and PCs too, as far as the records tell. @img has none yet.
 * Return: true; false after a message.
 */
bool records_read(struct image *img);

/*
 * records_assign_pcs() - IDs and PCs of all blocks of @img
 * Needs their functions, with keys, and nothing else; all of the image, as a PC
 * depends on the others.
 */
void records_assign_pcs(struct image *img);

#endif /* KCOV8_RECORDS_H */
