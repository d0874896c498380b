// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * profile.c - LLVM's profile counters as bytes: 64-bit counters as the smaller
 * of count and 255, and bytes that code sets to 0 (LLVM 19 and newer) as flags
 */
#include "adapter.h"

#include <string.h>

// compiler-rt's, lib/profile/InstrProfiling.h.
extern char __start___llvm_prf_cnts[], __stop___llvm_prf_cnts[];

#ifndef COUNTER_BYTES
#define COUNTER_BYTES 8 // 1: set to 0 by a hit, else 255
#endif

static uint8_t *bytes;
static uint32_t *lit, lit_count;

static size_t size(void) {
  return (size_t)(__stop___llvm_prf_cnts - __start___llvm_prf_cnts) /
         COUNTER_BYTES;
}

struct scheme_map scheme_map(void) {
  bytes = calloc(size(), 1);
  lit = calloc(size(), sizeof *lit);
  if (!bytes || !lit)
    scheme_die("no memory");
  return (struct scheme_map){bytes, size()};
}

void scheme_reset(void) {
  memset(__start___llvm_prf_cnts, COUNTER_BYTES == 1 ? 255 : 0,
         size() * COUNTER_BYTES);
  while (lit_count)
    bytes[lit[--lit_count]] = 0;
}

static uint8_t value(size_t number) {
#if COUNTER_BYTES == 1
  return __start___llvm_prf_cnts[number] == 0;
#else
  uint64_t count;
  memcpy(&count, __start___llvm_prf_cnts + number * 8, 8);
  return count < 255 ? (uint8_t)count : 255;
#endif
}

void scheme_collect(void) {
  for (size_t i = 0; i < size(); i++)
    if ((bytes[i] = value(i)))
      lit[lit_count++] = (uint32_t)i;
}

uint64_t scheme_unit(size_t number) { return number; }
