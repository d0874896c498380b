/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pages.h - zeroed memory for big tables
 */
#ifndef KCOV8_PAGES_H
#define KCOV8_PAGES_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* From here on, memory is worth pages of its own, huge ones if there are. */
#define KCOV8I_PAGES_MIN ((size_t)4 << 20)

/* NULL without memory. Keeps errno. */
void *kcov8i_pages_map(size_t bytes);
void kcov8i_pages_unmap(void *p, size_t bytes);

#pragma GCC visibility pop

#endif /* KCOV8_PAGES_H */
