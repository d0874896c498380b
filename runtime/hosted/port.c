/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * port.c - the port hooks on POSIX, but for the lock (init.c) and the current
 * task (current.c)
 *
 * The heap, pages for what is big, standard error. errno is left alone: a host
 * may be in the middle of a system call.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_FIXED_NOREPLACE */
#endif
#include "hosted/hosted.h"
#include "hosted/pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__linux__) && defined(__x86_64__)
#include <asm/prctl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#endif

#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

void *kcov8_port_alloc(size_t bytes) {
  if (bytes >= KCOV8I_PAGES_MIN || kcov8i_no_heap)
    return kcov8i_pages_map(bytes);
  const int saved = errno;
  void *const p = calloc(1, bytes);
  errno = saved;
  return p;
}

void kcov8_port_free(void *p, size_t bytes) {
  if (kcov8i_no_heap) /* whose it is, nobody knows any more */
    return;
  if (bytes >= KCOV8I_PAGES_MIN) {
    kcov8i_pages_unmap(p, bytes);
    return;
  }
  const int saved = errno;
  free(p);
  errno = saved;
}

void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  const int saved = errno;
  char line[256];
  int n = snprintf(line, sizeof(line), "kcov8: %s%s\n",
                   level == KCOV8_LOG_WARNING ? "warning: " : "", message);
  if (n >= (int)sizeof(line))
    n = (int)sizeof(line) - 1;
  /* In one piece, and not through a stdio that may not be set up yet. */
  if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
    errno = 0; /* nobody to tell */
  errno = saved;
}

/* ---- Files that processes share ------------------------------------------ */

/*
 * A robust mutex: the kernel tells the next one that its holder has died, by
 * SIGKILL too, in whatever PID namespace it was.
 */
static pthread_mutex_t *mutex_of(void *owner) {
  _Static_assert(sizeof(pthread_mutex_t) <=
                     sizeof(((struct kcov8_share *)0)->owner),
                 "room for the mutex");
  return owner;
}

int kcov8_port_owner_init(void *owner) {
  pthread_mutexattr_t a;
  if (pthread_mutexattr_init(&a))
    return -1;
  int err = pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
  if (!err)
    err = pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  if (!err)
    err = pthread_mutex_init(mutex_of(owner), &a);
  pthread_mutexattr_destroy(&a);
  return -err;
}

int kcov8_port_own(void *owner) {
  int err = pthread_mutex_trylock(mutex_of(owner));
  if (err == EOWNERDEAD)
    err = pthread_mutex_consistent(mutex_of(owner));
  return -err;
}

/* By who does not have it, a child of the owner's, it has no effect. */
void kcov8_port_disown(void *owner) {
  (void)pthread_mutex_unlock(mutex_of(owner));
}

/* ---- Attribution `task`: the base of gs, pages at given addresses ------ */

/*
 * User space leaves gs to programs. Linux saves it per thread, and a new thread
 * starts with its creator's: kcov8_task_set_current() sets it.
 *
 * The base may not be negative, so copies lie above their images. Programs have
 * their heap there, libraries nothing but, far up, the stack: at least 128 MB
 * of nothing, a few hundred GB on average (how much is random).
 */
#if defined(__linux__) && defined(__x86_64__)
/* By system call: sanitizers end programs that map where they do not expect it.
 */
int kcov8_port_map(void **at, size_t bytes) {
  const int saved = errno;
  const int fixed = *at ? MAP_FIXED_NOREPLACE : 0;
  const long p =
      syscall(SYS_mmap, *at, bytes, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0L);
  const bool mapped = p != -1;
  const bool there = mapped && (!*at || p == (long)(intptr_t)*at);
  if (mapped && !there) /* before Linux 4.17 the address is a hint */
    syscall(SYS_munmap, p, bytes);
  else if (mapped)
    *at = (void *)p;
  errno = saved;
  return there ? 0 : -1;
}

void kcov8_port_unmap(void *at, size_t bytes) {
  const int saved = errno;
  syscall(SYS_munmap, at, bytes);
  errno = saved;
}

intptr_t kcov8_port_distance(unsigned int n) {
  static const intptr_t steps[] = {INT64_C(1) << 34, INT64_C(1) << 30,
                                   INT64_C(1) << 26, INT64_C(1) << 22};
  enum { STEPS = sizeof(steps) / sizeof(steps[0]), MULTIPLES = 100 };
  return n < STEPS * MULTIPLES ? steps[n / MULTIPLES] * (n % MULTIPLES + 1) : 0;
}

/*
 * The base that this thread has, as far as we set it. A thread begins with its
 * creator's, so the first call always sets; afterwards one that changes nothing
 * costs a comparison. Nobody else may use gs in such a program.
 */
static _Thread_local struct {
  bool known;
  intptr_t delta;
} base;

/* May user space write it itself, without a call? */
static bool has_fsgsbase(void) {
  enum { HAS_FSGSBASE = 1 << 1 }; /* HWCAP2_FSGSBASE of <asm/hwcap2.h> */
  return getauxval(AT_HWCAP2) & HAS_FSGSBASE;
}

void kcov8_port_set_base(intptr_t delta) {
  if (base.known && base.delta == delta)
    return;
  if (has_fsgsbase()) {
    __asm__ volatile("wrgsbase %0" : : "r"(delta));
  } else {
    const int saved = errno;
    syscall(SYS_arch_prctl, ARCH_SET_GS, delta);
    errno = saved;
  }
  base.known = true;
  base.delta = delta;
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
#endif
