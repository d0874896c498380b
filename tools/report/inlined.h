/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* inlined.h - lines that ran where their function was inlined */
#ifndef KCOV8_INLINED_H
#define KCOV8_INLINED_H

#include "report/coverage.h"

/*
 * find_inlined() - fill in @cov->images[].inlined and @cov->groups
 * The compiler keeps a function that it inlined, and that copy has lines of
 * which the inlined code has no trace (its return, above all). Where code of
 * another function ran that has the first line of one's entry block, it was
 * entered there, and the lines of that block ran:
 * - the line is in no other block of the function, so it tells of this one;
 * - the other function is not declared at the same place, as instances of a
 *   template and what one macro made are: they only look alike.
 * Of other blocks nothing is said: whether what is left of one came from it, or
 * from a function that it had inlined itself, the block map does not tell.
 */
void find_inlined(struct coverage *cov);

#endif /* KCOV8_INLINED_H */
