// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * guard.c - trace-pc-guard: the callback counts in a map, a byte for each guard
 */
#include "adapter.h"

#include <string.h>

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

static uint32_t guards;
static uint8_t map[1 << 20];

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  if (start == stop || *start)
    return;
  for (uint32_t *guard = start; guard < stop; guard++)
    *guard = ++guards % sizeof map;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) { map[*guard]++; }

// Guards have the numbers 1 to N.
static size_t size(void) {
  return guards < sizeof map ? guards + 1 : sizeof map;
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){map, size()};
}

void scheme_reset(void) { memset(map, 0, size()); }

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
