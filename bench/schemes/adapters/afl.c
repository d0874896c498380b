// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * afl.c - the map of AFL++'s own runtime, which its compiler links in
 *
 * Of the size that afl-fuzz would be told: the runtime's own, for a program
 * that runs without afl-fuzz, is 2 MiB.
 */
#include "adapter.h"

#include <string.h>

extern uint8_t *__afl_area_ptr;
extern uint32_t __afl_final_loc; // last guard; 0: the classic map

// Its 16 numbers of 16 bits: what afl-fuzz's loop resets, too.
extern _Thread_local char __afl_prev_loc[32];

static size_t size(void) {
  return __afl_final_loc ? __afl_final_loc + (size_t)1 : 1 << 16;
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){__afl_area_ptr, size()};
}

void scheme_reset(void) {
  memset(__afl_area_ptr, 0, size());
  memset(__afl_prev_loc, 0, sizeof __afl_prev_loc);
}

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
