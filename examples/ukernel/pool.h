/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pool.h - engines of processes that have exited, for those that fork makes
 */
#ifndef UKERNEL_POOL_H
#define UKERNEL_POOL_H

#include "process.h"

/*
 * One that knows code of @mm, whose copy will have it; or NULL. @free bytes are
 * left for it and what it has translated. @mm may be NULL.
 */
struct uk_cpu *pool_take(const struct uk_mm *mm, uint64_t free);
/* Takes @mm's engine, which may be NULL. The regions are all there yet. */
void pool_give(struct uk_mm *mm);
/* These pages will be freed: no engine may see them. */
void pool_forget(const struct uk_pages *pages);
/* Take no more than @bytes. */
void pool_fit(uint64_t bytes);

#endif /* UKERNEL_POOL_H */
