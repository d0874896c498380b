/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * init.c - the lock, and what is done before main()
 *
 * A thread that forks takes the locks along, so a child never inherits one held
 * by a thread that the child does not have.
 *
 * Every image needs the lock, so a linker takes this file out of the archive,
 * and with it the dump.
 */
#include "base/base.h"
#include "hosted/hosted.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

__attribute__((used)) static const char version[] =
    KCOV8_VERSION_TAG KCOV8_VERSION;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local bool mine; /* this thread has it */

/* ---- A lock per file ----------------------------------------------------- */

void *kcov8_port_mutex_new(void) {
  pthread_mutex_t *const m = kcov8_port_alloc(sizeof(*m));
  if (m)
    pthread_mutex_init(m, NULL);
  return m;
}

void kcov8_port_mutex_free(void *mutex) {
  pthread_mutex_destroy(mutex);
  kcov8_port_free(mutex, sizeof(pthread_mutex_t));
}

void kcov8_port_mutex_lock(void *mutex) { pthread_mutex_lock(mutex); }

void kcov8_port_mutex_unlock(void *mutex) { pthread_mutex_unlock(mutex); }

/* ---- The core's lock ----------------------------------------------------- */

void kcov8_port_lock(void) {
  pthread_mutex_lock(&lock);
  mine = true;
}

void kcov8_port_unlock(void) {
  mine = false;
  pthread_mutex_unlock(&lock);
}

/* ---- Fork ---------------------------------------------------------------- */

/* A host may have taken it around its fork by itself: then it gives it back. */
static _Thread_local bool taken;

static void before_fork(void) {
  taken = !mine;
  if (taken)
    kcov8_port_lock();
  kcov8i_mutexes_lock();
}

static void after_fork(void) {
  kcov8i_mutexes_unlock();
  if (taken)
    kcov8_port_unlock();
}

static bool lock_is_free(void) {
  struct timespec until;
  if (mine)
    return false;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 5;
  if (pthread_mutex_timedlock(&lock, &until))
    return false;
  pthread_mutex_unlock(&lock);
  return true;
}

/* Early: 101 is the first priority open to programs. */
__attribute__((constructor(101))) static void set_up(void) {
  pthread_atfork(before_fork, after_fork, after_fork);
  kcov8i_dump_set_up(lock_is_free);
}
