/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * port.c - the port hooks on POSIX
 *
 * A mutex, the heap, pages for what is big, standard error. errno is left
 * alone: a host may be in the middle of a system call. A thread that forks
 * takes the lock along, so a child never inherits it held by a thread that the
 * child does not have.
 */
#include "hosted.h"
#include "pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void kcov8_port_lock(void) { pthread_mutex_lock(&lock); }

void kcov8_port_unlock(void) { pthread_mutex_unlock(&lock); }

void *kcov8_port_alloc(size_t bytes) {
  if (bytes >= KCOV8I_PAGES_MIN)
    return kcov8i_pages_map(bytes);
  const int saved = errno;
  void *const p = calloc(1, bytes);
  errno = saved;
  return p;
}

void kcov8_port_free(void *p, size_t bytes) {
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

static _Thread_local struct kcov8_task *current_task;

struct kcov8_task *kcov8_port_current_task(void) {
  return current_task;
}

void kcov8_task_set_current(struct kcov8_task *task) { current_task = task; }

/*
 * Early (101 is the first priority open to programs). Also what makes a linker
 * take dump.o: the core needs this file, this file needs that one.
 */
__attribute__((constructor(101))) static void set_up(void) {
  pthread_atfork(kcov8_port_lock, kcov8_port_unlock, kcov8_port_unlock);
  kcov8i_dump_set_up();
}
