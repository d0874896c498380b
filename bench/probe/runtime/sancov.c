// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * sancov.c - the least that inline counters and flags need
 */
#include <stdint.h>

void __sanitizer_cov_8bit_counters_init(char *start, char *stop);
void __sanitizer_cov_bool_flag_init(_Bool *start, _Bool *stop);

void __sanitizer_cov_8bit_counters_init(char *start, char *stop) {
  (void)start, (void)stop;
}

void __sanitizer_cov_bool_flag_init(_Bool *start, _Bool *stop) {
  (void)start, (void)stop;
}
