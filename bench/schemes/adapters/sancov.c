// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * sancov.c - SanitizerCoverage's inline counters and flags: bytes already
 */
#include "adapter.h"

#include <string.h>

void __sanitizer_cov_8bit_counters_init(char *start, char *stop);
void __sanitizer_cov_bool_flag_init(_Bool *start, _Bool *stop);

// Of the one image that there is.
static uint8_t *first, *last;

void __sanitizer_cov_8bit_counters_init(char *start, char *stop) {
  first = (uint8_t *)start, last = (uint8_t *)stop;
}

void __sanitizer_cov_bool_flag_init(_Bool *start, _Bool *stop) {
  first = (uint8_t *)start, last = (uint8_t *)stop;
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){first, (size_t)(last - first)};
}

void scheme_reset(void) { memset(first, 0, (size_t)(last - first)); }

void scheme_collect(void) {}

uint64_t scheme_unit(size_t number) { return number; }
