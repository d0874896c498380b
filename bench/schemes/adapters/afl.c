// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * afl.c - the map of AFL++'s own runtime, which its compiler links in
 */
#include "adapter.h"

#include <string.h>

extern uint8_t *__afl_area_ptr;
extern uint32_t __afl_map_size;

struct scheme_map scheme_map(void) {
  return (struct scheme_map){__afl_area_ptr, __afl_map_size};
}

void scheme_reset(void) { memset(__afl_area_ptr, 0, __afl_map_size); }

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
