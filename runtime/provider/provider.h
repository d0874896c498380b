/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * provider.h - what -fsanitize-coverage= calls, of stock compilers
 *
 * Not in amalgam.c: a linker takes these files out of the archive if the
 * program calls them. They define names that other runtimes define, too.
 */
#ifndef KCOV8_PROVIDER_H
#define KCOV8_PROVIDER_H

#include "registry.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- tables.c: arrays and their pc-tables ---------------------------------
 */

/*
 * The array [@start, @stop) of an object whose constructor runs; @step bytes to
 * an entry. NULL if it is known, or empty, or there is no memory (which is
 * said).
 */
struct kcov8i_stock *kcov8i_provider_add(void *start, void *stop,
                                         unsigned int step);

/* From now on the runtime knows it. */
void kcov8i_provider_register(struct kcov8i_stock *s);

/* Unit tests: forget all; the registry has. */
void kcov8i_provider_forget(void);

#pragma GCC visibility pop

#endif /* KCOV8_PROVIDER_H */
