// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * kcov8.c - kcov8's counters as they are in memory, attribution=process
 *
 * Blocks that others imply (option prune) have no byte here; kcov8-device.c has
 * them all.
 */
#include "adapter.h"

#include <string.h>

extern uint8_t __start___kcov8_cntrs[], __stop___kcov8_cntrs[];

static size_t size(void) {
  return (size_t)(__stop___kcov8_cntrs - __start___kcov8_cntrs);
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){__start___kcov8_cntrs, size()};
}

void scheme_reset(void) { memset(__start___kcov8_cntrs, 0, size()); }

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
