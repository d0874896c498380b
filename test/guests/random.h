/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * random.h - numbers that depend on a seed alone; set state to it
 */
#ifndef GUESTS_RANDOM_H
#define GUESTS_RANDOM_H

#include <stdint.h>

static uint64_t state;

static uint64_t next(void) { /* splitmix64 */
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static unsigned int below(unsigned int n) { return (unsigned int)(next() % n); }

#endif /* GUESTS_RANDOM_H */
