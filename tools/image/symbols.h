/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* symbols.h - functions whose code the linker dropped */
#ifndef KCOV8_SYMBOLS_H
#define KCOV8_SYMBOLS_H

#include <stdbool.h>

#include "image/image.h"

/*
 * symbols_prove_discarded() - the code of @f, whose name is known, is not in
 * the image: its symbol is missing, and would be there.
 */
bool symbols_prove_discarded(const struct image *img, const struct func *f);

#endif /* KCOV8_SYMBOLS_H */
