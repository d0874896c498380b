/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * port.c - the port hooks on POSIX, but for the lock (init.c), the current task
 * (current.c) and gs (gs.c, base.c)
 *
 * The heap, pages for what is big, standard error. errno is left alone: a host
 * may be in the middle of a system call.
 */
#include "hosted/hosted.h"
#include "hosted/pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

__attribute__((used)) static const char *const linked[] = {
    &kcov8i_gs_linked, &kcov8i_object_linked};

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
