/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * first.c - which block ran first, where the delta is a variable
 * (`trace-order`)
 *
 * As order.c, on any CPU: each image has a second variable, the running task's
 * list, which its probes hand on. Each view has a list for all such images.
 */
#include "task/view.h"

#pragma GCC visibility push(default)
void __kcov8_first_in(uint8_t *counter, struct kcov8i_order *list);
#pragma GCC visibility pop

/* In one step, so that a signal handler's blocks come in between and not
 * instead. Without a list it is nobody's block. */
void __kcov8_first_in(uint8_t *counter, struct kcov8i_order *list) {
  if (!list)
    return;
  const uint32_t n = __atomic_fetch_add(&list->n, 1, __ATOMIC_RELAXED);
  if (n < KCOV8I_ORDER_ENTRIES)
    list->counters[n] = counter;
}
