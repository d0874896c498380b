/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * memory.c - how much of the host's memory guests may take
 *
 * Counted is what could be used, not what is: a private mapping by its length
 * from when it may be written, as Linux does with overcommit_memory=2. A guest
 * then hears ENOMEM from the call that asks for too much; were pages counted
 * when they are touched, there would be nobody to tell it to, and the host's
 * OOM killer would end everything.
 *
 * What is small and bounded by something else that is counted is in flat rates
 * (UK_COST_...).
 */
#include "pool.h"

#include <errno.h>
#include <unistd.h>

static uint64_t limit, used;

void uk_memory_set_limit(uint64_t bytes) { limit = bytes; }

uint64_t uk_memory_limit(void) {
  if (!limit)
    limit =
        (uint64_t)sysconf(_SC_PHYS_PAGES) / 2 * (uint64_t)sysconf(_SC_PAGESIZE);
  return limit;
}

uint64_t uk_memory_free(void) { return uk_memory_limit() - used; }

int uk_charge(uint64_t bytes) {
  if (bytes > uk_memory_free())
    return -ENOMEM;
  used += bytes;
  pool_fit(limit - used);
  return 0;
}

void uk_uncharge(uint64_t bytes) { used -= bytes; }
