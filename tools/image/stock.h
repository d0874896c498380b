/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* stock.h - an image that a stock compiler put probes into */
#ifndef KCOV8_STOCK_H
#define KCOV8_STOCK_H

#include <stdbool.h>

#include "image/image.h"

/*
 * stock_read() - functions from symbols, lines from DWARF, blocks from a
 * pc-table or calls; PCs and IDs are addresses
 * @found: out: it has either
 * Return: true; false after a message.
 */
bool stock_read(struct image *img, bool *found);

#endif /* KCOV8_STOCK_H */
