/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * guard.h - calls into code that may crash
 */
#ifndef UKERNEL_GUARD_H
#define UKERNEL_GUARD_H

/* Once, before any other thread is there. */
void guard_init(void);

#define GUARD_STACK (32u << 10)
/* For this thread: where to handle a crash of a thread without stack left; and
 * before @stack goes. */
void guard_thread(void *stack);
void guard_thread_end(void);

/*
 * Calls @fn; returns 0, or the number of the signal that ended it. Then what
 * @fn worked on is in an unknown state, and what it had allocated is lost.
 */
int guard_call(void (*fn)(void *ctx), void *ctx);

#endif /* UKERNEL_GUARD_H */
