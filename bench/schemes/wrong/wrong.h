/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What the programs of this folder call; nothing is known of it where they are
 * compiled. main.c has it, without probes. */
#ifndef BENCH_WRONG_H
#define BENCH_WRONG_H

#ifdef __cplusplus
extern "C" {
#endif

void program(int yes);     /* 1 */
void work(void);           /* does nothing, and returns */
void cut(void);            /* a window ends here, the next begins */
void unnamed(void);        /* likewise, and flush-in is not told */
void end(void);            /* exit(0) */
void jump(void);           /* longjmp() out of program() */
void leave(void);          /* pthread_exit() */
int again(void);           /* true 3 times, with a cut in each call */
extern volatile int *page; /* an access faults: a cut, then it works */
extern int *nowhere;       /* an access faults: a longjmp() out of program() */

#ifdef __cplusplus
}
#endif

#endif /* BENCH_WRONG_H */
