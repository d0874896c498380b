/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * window.h - a program with all probes says what ran in each of its windows
 *
 * Appends to the file BENCH_WINDOWS names: for each window a 64-bit number of
 * blocks, 8 characters that say how it ended, and the blocks' IDs. A window
 * begins where the one before ended. What ran when the program ends is the
 * last: `exit`.
 */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

/* From here on; what ran before is nobody's. Once. */
void window_start(void);

/* HOW: up to 8 characters. From a signal handler, too, if the signal came from
 * code with probes: what it takes is not the runtime's then. */
void window_end(const char *how);

#endif /* BENCH_WINDOW_H */
