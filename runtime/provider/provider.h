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

/* ---- tables.c: arrays and their pc-tables -------------------------------- */

/*
 * The array [@start, @stop) of an object whose constructor runs; @step bytes to
 * an entry. NULL if it is known, or empty, or there is no memory (which is
 * said).
 */
struct kcov8i_stock *kcov8i_provider_add(void *start, void *stop,
                                         unsigned int step);

/* Unit tests: forget all; the registry has. */
void kcov8i_provider_forget(void);

/* Has an array of this @step no pc-table? */
bool kcov8i_provider_lacks_table(unsigned int step);

/* ---- code.c: callers' addresses ------------------------------------------ */

/*
 * From now on calls from the code of the object with @address count. The
 * runtime knows it when it is registered: not if the pass made some of the
 * program.
 */
void kcov8i_code_set_up(const void *address);
void kcov8i_code_register(void);

/* The code that returns to @pc ran. From any thread, without the lock. */
void kcov8i_code_hit(uintptr_t pc);

/* Unit tests: as kcov8i_provider_forget(). */
void kcov8i_code_forget(void);

#pragma GCC visibility pop

#endif /* KCOV8_PROVIDER_H */
