/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * registry.h - images come and go; what is harvested outside the device
 */
#ifndef KCOV8_REGISTRY_H
#define KCOV8_REGISTRY_H

#include "task/view.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- registry.c --------------------------------------------------------- */

/*
 * Gives PCs to all registered images that have none. -ENOMEM if one could not
 * be set up; it stays as it was, its counters keep what they hold, and the next
 * call tries again. Refused ones are logged and counted, not an error here.
 */
int kcov8i_prepare_images(void);

/* -ENODEV, with the reason logged once, if there are no blocks at all. */
int kcov8i_require_blocks(void);

/* From now on flushes keep for harvests what they take. Takes the lock. */
void kcov8i_keep_for_harvest(void);

/* Unit tests: forget all images, ghosts included. Takes the lock. */
void kcov8i_forget_images(void);

#pragma GCC visibility pop

#endif /* KCOV8_REGISTRY_H */
