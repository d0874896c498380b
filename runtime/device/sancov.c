/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * sancov.c - the callbacks of -fsanitize-coverage=trace-cmp
 *
 * For code that was compiled with the stock compiler instead of the option
 * trace-cmp of the pass. The PC of a record is the return address: nothing
 * better is known here. Only linked if something calls it; not in amalgam.c,
 * for the same reason.
 *
 * clang has no trace-cmp without some callback for blocks:
 * -fsanitize-coverage=func,trace-pc,trace-cmp calls trace_pc once per function,
 * which does nothing beside code of the pass (provider/code.c).
 */
#include "device/device.h"

#pragma GCC visibility push(default)

const char kcov8i_sancov_linked = 1;

#define RETURN_ADDRESS ((uintptr_t)__builtin_return_address(0))

static void record(uint32_t type, uint64_t arg1, uint64_t arg2, uint64_t pc) {
  if (!__atomic_load_n(&__kcov8_cmp_on, __ATOMIC_RELAXED))
    return;
  struct kcov8i_buffer *const buffer = kcov8i_cmp_buffer();
  if (buffer)
    kcov8i_buffer_record(buffer, type, arg1, arg2, pc);
}

#define HOOKS(bytes, log2, type)                                               \
  void __sanitizer_cov_trace_cmp##bytes(type arg1, type arg2);                 \
  void __sanitizer_cov_trace_cmp##bytes(type arg1, type arg2) {                \
    record(KCOV8_CMP_SIZE(log2), arg1, arg2, RETURN_ADDRESS);                  \
  }                                                                            \
  void __sanitizer_cov_trace_const_cmp##bytes(type arg1, type arg2);           \
  void __sanitizer_cov_trace_const_cmp##bytes(type arg1, type arg2) {          \
    record(KCOV8_CMP_SIZE(log2) | KCOV8_CMP_CONST, arg1, arg2,                 \
           RETURN_ADDRESS);                                                    \
  }

HOOKS(1, 0u, uint8_t)
HOOKS(2, 1u, uint16_t)
HOOKS(4, 2u, uint32_t)
HOOKS(8, 3u, uint64_t)

void __sanitizer_cov_trace_switch(uint64_t value, const uint64_t *cases);

void __sanitizer_cov_trace_switch(uint64_t value, const uint64_t *cases) {
  uint32_t log2 = 0;
  while (log2 < 3 && cases[1] != 8u << log2)
    log2++;
  if (cases[1] != 8u << log2)
    return; /* as Linux: other sizes are not recorded */
  for (uint64_t i = 0; i < cases[0]; i++)
    record(KCOV8_CMP_CONST | KCOV8_CMP_SIZE(log2), cases[2 + i], value,
           RETURN_ADDRESS);
}

#pragma GCC visibility pop
