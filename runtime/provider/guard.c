/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * guard.c - trace-pc-guard
 *
 * Guards are words of 4 bytes, for the runtime to use. With a pc-table the
 * first byte of each is its block's counter, which stops at 255, and all four
 * are swept. Without one the second byte is set, and the caller's address
 * counts.
 */
#include "provider/provider.h"

#define GUARD_BYTES 4
enum { COUNTER, BY_CALLER };

/* Behind the constructors of the program's images: is a table missing? */
__attribute__((constructor)) static void enlist(void) {
  if (!kcov8i_provider_lacks_table(GUARD_BYTES))
    return;
  kcov8i_code_set_up((const void *)(uintptr_t)enlist);
  kcov8i_code_register();
}

#pragma GCC visibility push(default)

extern const char kcov8_sancov_guard;
const char kcov8_sancov_guard = 1;

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  struct kcov8i_stock *const s = kcov8i_provider_add(start, stop, GUARD_BYTES);
  for (uint8_t *g = (uint8_t *)start; s && g < (uint8_t *)stop;
       g += GUARD_BYTES)
    __atomic_store_n(&g[BY_CALLER], 1, __ATOMIC_RELAXED);
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  uint8_t *const g = (uint8_t *)guard;
  if (__atomic_load_n(&g[BY_CALLER], __ATOMIC_RELAXED)) {
    kcov8i_code_hit((uintptr_t)__builtin_return_address(0));
    return;
  }
  const uint8_t hits = __atomic_load_n(&g[COUNTER], __ATOMIC_RELAXED);
  if (hits != UINT8_MAX)
    __atomic_store_n(&g[COUNTER], (uint8_t)(hits + 1), __ATOMIC_RELAXED);
}

#pragma GCC visibility pop
