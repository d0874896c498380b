/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * guard.c - a crash inside the CPU engine ends that call, not the kernel
 *
 * The engine translates what a guest gives it, and some of it ends in abort():
 * a lock prefix where there may be none, a far jump with a register, and
 * others that nobody has found yet. Three ways were weighed:
 * - To check each instruction before it is executed needs a second decoder that
 *   agrees with the engine's, for all bytes, and knows all its defects.
 * - A process for each engine survives even an overwritten heap, but all guest
 *   memory must then be shared, and a system call takes two switches between
 *   processes instead of 0.1 us.
 * - To catch the signal, jump out of the engine and throw it away asks nothing
 *   of the bytes. It holds for whatever ends in abort(), a failed assertion, or
 *   an access outside of memory. That is done here.
 * What it cannot help against: an engine that overwrites memory of ours and
 * does not crash, or one that never comes back.
 *
 * Jumping out of abort() is allowed (C11 7.22.4.1, POSIX); glibc holds no lock
 * when it raises the signal. The signals are not masked in the handler
 * (SA_NODEFER), so no mask needs to be saved: 25 instructions for a call.
 *
 * A crash anywhere else is ours: it is reported (crash.c), and ends the process
 * as the signal would have.
 */
#define _GNU_SOURCE
#include "guard.h"
#include "crash.h"

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS,
                              SIGFPE,  SIGILL,  SIGTRAP};
#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static struct sigaction before[N_SIGNALS];
static _Thread_local sigjmp_buf *way_out;
static _Thread_local stack_t stack_before;

static void on_signal(int sig, siginfo_t *info, void *context) {
  bool sent = info->si_code <= 0; /* by kill() and the like, as abort() does */
  if (way_out && (!sent || info->si_pid == getpid())) {
    crash_survived();
    siglongjmp(*way_out, sig);
  }
  crash_report(sig, info, context);
  for (size_t i = 0; i < N_SIGNALS; i++)
    if (signals[i] == sig)
      sigaction(sig, &before[i], NULL);
  if (sent)
    raise(sig); /* others come again by themselves */
}

void guard_init(void) {
  crash_init();
  struct sigaction action = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < N_SIGNALS; i++)
    sigaction(signals[i], &action, &before[i]);
}

void guard_thread(void *stack) {
  const stack_t alternative = {.ss_sp = stack, .ss_size = GUARD_STACK};
  sigaltstack(&alternative, &stack_before);
}

void guard_thread_end(void) { sigaltstack(&stack_before, NULL); }

int guard_call(void (*fn)(void *ctx), void *ctx) {
  sigjmp_buf here;
  int sig = sigsetjmp(here, 0);
  if (sig == 0) {
    way_out = &here;
    fn(ctx);
  }
  way_out = NULL;
  return sig;
}
