// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * seen.c - beside an adapter of bench/schemes: what it saw, for the key `read`
 */
#include "seen.h"
#include "../../schemes/adapters/adapter.h"

__attribute__((destructor)) static void write_seen(void) {
  const struct scheme_map map = scheme_map();
  scheme_collect();
  bench_seen(map.bytes, map.bytes + map.size);
}
