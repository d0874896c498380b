/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * callback.c - a call that syzkaller's manager looks for
 *
 * It hands out coverage only of a vmlinux in which something calls this
 * function. One call is enough; it never runs.
 */
#include <linux/compiler.h>
#include <linux/kcov.h>

noinline void __sanitizer_cov_trace_pc(void) { barrier(); }

static void __used kcov8_callback(void) {
  __sanitizer_cov_trace_pc();
  barrier(); /* no tail call */
}
