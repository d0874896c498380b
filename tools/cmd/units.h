/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* units.h - which compilation units an image has, and which are not alike */
#ifndef KCOV8_UNITS_H
#define KCOV8_UNITS_H

#include "image/image.h"

/**
 * struct units - those with blocks in the image
 * @all:   n of them, in the order of the map
 * @usual: options of most of them, one of n_usual; NULL if there is none
 * @odd:   n_odd that have other options, by source; unit=NAME, which is there
 * to differ, aside
 */
struct units {
  const struct map_unit **all, **odd;
  const struct map_unit *usual;
  size_t n, n_odd, n_usual;
};

void units_gather(struct units *units, const struct image *img);
void units_free(struct units *units);

/* The options of a unit, without unit=NAME. To be freed. */
char *unit_options(const struct map_unit *unit);

#endif /* KCOV8_UNITS_H */
