/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * work.c - the instrumented part: functions with branches, as a kernel has many
 *
 * work() runs a few of them, as @seed has it.
 */
#include <stdint.h>

#include "work.h"

#define FUNCTION(n)                                                            \
  static __attribute__((noinline)) uint32_t f##n(uint32_t x) {                 \
    x ^= x << 13;                                                              \
    if (x & 1)                                                                 \
      x = x * (2 * n + 3) ^ x >> 7;                                            \
    if (x & 64)                                                                \
      x += (x << 5) + n;                                                       \
    for (uint32_t i = 0; i < (x & 3); i++)                                     \
      x = x ^ (x >> 3) ^ i;                                                    \
    return x & 256 ? x ^ x >> 17 : x + n;                                      \
  }

/* clang-format off */
#define EIGHT(of, n)                                                           \
  of(n##0) of(n##1) of(n##2) of(n##3) of(n##4) of(n##5) of(n##6) of(n##7)
#define ALL(of)                                                                \
  EIGHT(of, 1) EIGHT(of, 2) EIGHT(of, 3) EIGHT(of, 4)                          \
  EIGHT(of, 5) EIGHT(of, 6) EIGHT(of, 7) EIGHT(of, 11)                         \
  EIGHT(of, 12) EIGHT(of, 13) EIGHT(of, 14) EIGHT(of, 15)                      \
  EIGHT(of, 16) EIGHT(of, 17) EIGHT(of, 21) EIGHT(of, 22)
/* clang-format on */

ALL(FUNCTION)

#define ENTRY(n) f##n,
static uint32_t (*const functions[])(uint32_t) = {ALL(ENTRY)};

enum { N = sizeof(functions) / sizeof(functions[0]) };

uint32_t work(uint32_t seed) {
  uint32_t x = seed | 1;
  for (int i = 0; i < 20; i++)
    x = functions[x % N](x + seed);
  return x;
}
