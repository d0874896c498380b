// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * sancov.c - the least that inline counters and flags need
 */
#include "seen.h"

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

__attribute__((destructor)) static void write_seen(void) {
  bench_seen(first, last);
}
