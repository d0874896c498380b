// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * guard-empty.c - trace-pc-guard: the price of the call alone
 */
#include <stdint.h>

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  (void)start, (void)stop;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) { (void)guard; }
