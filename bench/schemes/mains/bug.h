/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * bug.h - planted bugs, as Magma's canaries: that one was reached is noted, and
 * the program goes on
 *
 * A call without a branch: no scheme sees whether the condition holds. So write
 * conditions with & and |, not with && and ||.
 */
#ifndef BENCH_BUG_H
#define BENCH_BUG_H

enum { BENCH_BUGS = 16 };

#define BENCH_BUG(number, condition) bench_bug(number, (condition) != 0)

void bench_bug(unsigned number, int holds);

#endif
