/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* alike.h - how much two functions have in common, by the keys of their blocks
 */
#ifndef KCOV8_ALIKE_H
#define KCOV8_ALIKE_H

#include "match/match.h"

/* What funcs_alike() is at least for functions of one name; of other names. */
#define MOVED_ALIKE 0.1
#define RENAMED_ALIKE 0.6

/*
 * funcs_alike() - the keys that both have but that of the entry, in 0 to 1 of
 * all they have; 2 if they have the same code
 */
double funcs_alike(const struct image *a, const struct func *f,
                   const struct image *b, const struct func *g);

/* Two functions without a twin that are each most like the other. */
struct alike_pair {
  uint32_t from, to;
};

/* Return: @n of them in @pairs, which the caller frees; ties are left out. */
size_t alike_find(const struct match *m, struct alike_pair **pairs);

#endif /* KCOV8_ALIKE_H */
