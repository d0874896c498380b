// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * bench.h - between main.c and the driver of one library
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* One unit of work, always the same; returns a checksum of the results. */
__attribute__((noinline)) uint64_t bench_body(void);

_Noreturn void bench_die(const char *what);

/* The same numbers everywhere: xorshift64. */
static inline uint64_t bench_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

#endif
