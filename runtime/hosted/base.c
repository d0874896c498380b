/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * base.c - attribution `task` through the base of gs: the base, per thread
 *
 * User space leaves gs to programs. Linux saves it per thread, and a new thread
 * starts with its creator's: kcov8_task_set_current() sets it.
 *
 * Nobody but a thread can set its base. One that has to change (a library was
 * loaded that has no room there) is told by a signal: SIGURG, which does
 * nothing by default and which programs must expect at any time. A thread that
 * blocks it finds out if it faults.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "hosted/hosted.h"

#if defined(__linux__) && defined(__x86_64__)
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(default)
#include <kcov8/port.h>
#pragma GCC visibility pop

bool kcov8i_has_fsgsbase(void) {
  enum { HAS_FSGSBASE = 1 << 1 }; /* HWCAP2_FSGSBASE of <asm/hwcap2.h> */
  return getauxval(AT_HWCAP2) & HAS_FSGSBASE;
}

/* ---- Threads ------------------------------------------------------------- */

/*
 * Those that have had a base; they stay, for others. Linked with the lock held.
 * @tid:   0: it has ended
 * @delta: its base
 * @stuck: it was told to leave @delta, and did not answer
 */
struct thread {
  struct thread *next;
  pid_t tid;
  intptr_t delta;
  bool stuck;
};
static struct thread *threads;
static pthread_key_t ends; /* with a value, a thread's end is seen */

static _Thread_local struct thread *self;

static void thread_ends(void *thread) {
  struct thread *const t = thread;
  self = NULL;
  __atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
}

static void forked(void) {
  for (struct thread *t = threads; t; t = t->next)
    t->tid = t == self ? (pid_t)syscall(SYS_gettid) : 0;
}

static void add_self(void) {
  struct thread *t = threads;
  if (!threads &&
      (pthread_key_create(&ends, thread_ends) || pthread_atfork(0, 0, forked)))
    return;
  while (t && __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE))
    t = t->next;
  if (!t) {
    t = kcov8_port_alloc(sizeof(*t));
    if (!t)
      return;
    t->next = threads;
    threads = t;
  }
  if (pthread_setspecific(ends, t))
    return;
  t->stuck = false;
  t->tid = (pid_t)syscall(SYS_gettid);
  self = t;
}

/* ---- The base ------------------------------------------------------------ */

/*
 * The base that this thread has, as far as we set it. A thread begins with its
 * creator's, so the first call always sets; afterwards one that changes nothing
 * costs a comparison. Nobody else may use gs in such a program.
 *
 * Written with the lock held, or by a signal handler for who holds it.
 */
static _Thread_local struct {
  bool known;
  intptr_t delta;
} base;

static void write_base(intptr_t delta) {
  if (kcov8i_has_fsgsbase()) {
    __asm__ volatile("wrgsbase %0" : : "r"(delta));
  } else {
    const int saved = errno;
    syscall(SYS_arch_prctl, ARCH_SET_GS, delta);
    errno = saved;
  }
  base.known = true;
  base.delta = delta;
  if (self) {
    self->stuck = false;
    __atomic_store_n(&self->delta, delta, __ATOMIC_RELEASE);
  }
}

void kcov8_port_set_base(intptr_t delta) {
  if (base.known && base.delta == delta)
    return;
  if (!self && delta)
    add_self();
  write_base(delta);
}

intptr_t kcov8_port_base(void) {
  if (base.known)
    return base.delta;
  const int saved = errno;
  unsigned long at = 0;
  syscall(SYS_arch_prctl, ARCH_GET_GS, &at);
  errno = saved;
  return (intptr_t)at;
}

/* ---- Others' bases ------------------------------------------------------- */

static struct { intptr_t from, to; } request; /* all zero: there is none */

static struct sigaction urg_before, segv_before;

static void pass_on(const struct sigaction *to, int signal, siginfo_t *info,
                    void *context) {
  if (to->sa_flags & SA_SIGINFO)
    to->sa_sigaction(signal, info, context);
  else if (to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN)
    to->sa_handler(signal);
  else if (signal == SIGSEGV) {
    sigaction(SIGSEGV, to, NULL); /* it faults again */
    if (info->si_code <= 0)
      raise(SIGSEGV);
  }
}

static void told(int signal, siginfo_t *info, void *context) {
  if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &request)
    pass_on(&urg_before, signal, info, context);
  else if (request.from && base.delta == request.from)
    write_base(request.to);
}

/* Behind this the instruction is tried again. */
static void faulted(int signal, siginfo_t *info, void *context) {
  if (self && self->stuck && info->si_code > 0)
    write_base(0);
  else
    pass_on(&segv_before, signal, info, context);
}

static void handle(int signal, void (*with)(int, siginfo_t *, void *),
                   struct sigaction *before) {
  struct sigaction a = {.sa_sigaction = with,
                        .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
  sigfillset(&a.sa_mask);
  sigaction(signal, NULL, before);
  if (!(before->sa_flags & SA_SIGINFO) || before->sa_sigaction != with)
    sigaction(signal, &a, NULL);
}

static bool has_to_leave(const struct thread *t) {
  return t != self && __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE) &&
         __atomic_load_n(&t->delta, __ATOMIC_ACQUIRE) == request.from;
}

static void tell(struct thread *t) {
  siginfo_t info = {.si_code = SI_QUEUE};
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_ptr = &request;
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), t->tid, SIGURG, &info) &&
      errno == ESRCH)
    t->tid = 0;
}

/*
 * A second or two, which is long for a thread that runs and short for a
 * dlopen(). Once is enough.
 */
static bool leaves(const struct thread *t) {
  const struct timespec pause = {.tv_nsec = 50000};
  for (int n = 0; has_to_leave(t) && !t->stuck && n < 20000; n++)
    nanosleep(&pause, NULL);
  return !has_to_leave(t);
}

static int tell_all(void) {
  int result = 0;
  for (struct thread *t = threads; t; t = t->next)
    if (has_to_leave(t))
      tell(t);
  for (struct thread *t = threads; t; t = t->next)
    if (!leaves(t)) {
      t->stuck = true;
      result = -1;
    }
  return result;
}

int kcov8_port_rebase(intptr_t from, intptr_t to) {
  static bool handles_faults;
  const int saved = errno;
  struct thread *t = threads;
  request.from = from, request.to = to;
  while (t && !has_to_leave(t))
    t = t->next;
  int result = 0;
  if (t) {
    handle(SIGURG, told, &urg_before);
    result = tell_all();
    sigaction(SIGURG, &urg_before, NULL);
    if (result && !handles_faults) {
      handle(SIGSEGV, faulted, &segv_before);
      handles_faults = true;
    }
  }
  request.from = request.to = 0;
  errno = saved;
  return result;
}
#endif
