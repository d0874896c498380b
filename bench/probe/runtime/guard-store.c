// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * guard-store.c - trace-pc-guard with numbered guards and a map of hits, which
 * the callback counts; AFL++'s own pass counts without a call
 */
#include "seen.h"

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

__attribute__((destructor)) static void write_seen(void) {
  bench_seen(map, map + sizeof map);
}
