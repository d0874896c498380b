/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * tracepc.c - trace-pc of clang and of gcc
 *
 * A block's PC is that of the return from the call, as Linux's kcov has it.
 */
#include "provider/provider.h"

/* Early: what constructors run counts. 101 is the first priority of programs.
 */
__attribute__((constructor(101))) static void set_up(void) {
  kcov8i_code_set_up((const void *)(uintptr_t)set_up);
}

/* Late: the pass's images are there. */
__attribute__((constructor)) static void enlist(void) {
  kcov8i_code_register();
}

#pragma GCC visibility push(default)

extern const char kcov8_sancov_trace_pc;
const char kcov8_sancov_trace_pc = 1;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) {
  kcov8i_code_hit((uintptr_t)__builtin_return_address(0));
}

#pragma GCC visibility pop
