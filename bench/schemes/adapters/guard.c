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
  if ((size_t)(stop - start) >= sizeof map - guards)
    scheme_die("more guards than the map has bytes");
  for (uint32_t *guard = start; guard < stop; guard++)
    *guard = ++guards;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) { map[*guard]++; }

// Guards have the numbers 1 to N, since 0 is one without a number. Byte 0 is no
// unit: the others are numbered as those of inline counters are, which
// libFuzzer's schedule depends on.
struct scheme_map scheme_map(void) {
  return (struct scheme_map){map + 1, guards};
}

void scheme_reset(void) { memset(map, 0, guards + (size_t)1); }

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
