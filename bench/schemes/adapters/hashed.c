// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * hashed.c - AFL's first map, by callbacks: pairs of random block numbers,
 * hashed into 64 KiB, so that different pairs may share a byte
 *
 * As afl-llvm-pass of AFL 2.x does it inline: a random number for each block,
 * drawn here from a fixed seed (BENCH_MAP_SEED), and map[this ^ last >> 1]++.
 */
#include "adapter.h"

#include <string.h>

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

static uint8_t map[1 << 16];
static _Thread_local uint32_t last;

// splitmix64, whose constants these are.
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  static uint64_t state;
  const char *seed = getenv("BENCH_MAP_SEED");
  if (start == stop || *start)
    return;
  if (!state)
    state = seed ? strtoull(seed, NULL, 10) : 1;
  for (uint32_t *guard = start; guard < stop; guard++)
    *guard = (uint32_t)next_random(&state) | 1u << 16; // never 0
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  const uint32_t this = *guard % sizeof map;
  map[this ^ last]++;
  last = this >> 1;
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){map, sizeof map};
}

void scheme_reset(void) {
  memset(map, 0, sizeof map);
  last = 0;
}

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
