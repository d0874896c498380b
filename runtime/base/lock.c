/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * lock.c - the core's lock, and the locks of files
 *
 * The core's lock protects everything. A flush does without it where it can:
 * of a task with counters of its own it touches these, the file's buffer, and
 * of images what never changes while a copy of them is there. So it takes its
 * file's own lock (struct kcov8i_sink), and tasks that flush different files do
 * not wait for each other.
 * - Between a flush and other calls of the same task: a host makes one call for
 *   a task at a time, so what only these touch needs no second lock.
 * - Who has the core's lock and touches what belongs to another task's file
 *   (its buffer, its pending set, its copies of counters) takes that file's
 *   lock, too: after the core's, and one at a time.
 * - ENABLE clears the task's counters, which may be megabytes: it takes the
 *   file's lock, then gives the core's back, then clears.
 * - Who has a file's lock alone takes no other one. So there is an order, and
 *   nothing waits for a flush that waits for something.
 */
#include "base/base.h"

void kcov8i_lock(void) { kcov8_port_lock(); }

/* Every change to what `apart` is made of is in front of an unlock. */
void kcov8i_unlock(void) {
  const bool apart = !kcov8i.n_shared && !kcov8i.n_unprepared && !kcov8i.keep;
  if (apart != kcov8i.apart)
    __atomic_store_n(&kcov8i.apart, apart, __ATOMIC_RELEASE);
  kcov8_port_unlock();
}

bool kcov8i_flushes_apart(void) {
  return __atomic_load_n(&kcov8i.apart, __ATOMIC_ACQUIRE);
}

void *kcov8i_mutex_new(void) {
  return kcov8_port_mutex_new && kcov8_port_mutex_free &&
                 kcov8_port_mutex_lock && kcov8_port_mutex_unlock
             ? kcov8_port_mutex_new()
             : NULL;
}

void kcov8i_mutex_free(void *mutex) {
  if (mutex)
    kcov8_port_mutex_free(mutex);
}

void kcov8i_mutex_lock(void *mutex) {
  if (mutex)
    kcov8_port_mutex_lock(mutex);
}

void kcov8i_mutex_unlock(void *mutex) {
  if (mutex)
    kcov8_port_mutex_unlock(mutex);
}

void kcov8i_task_enter(struct kcov8_task *task) {
  task->busy = 1;
  kcov8i_lock();
}

void kcov8i_task_leave(struct kcov8_task *task) {
  kcov8i_unlock();
  task->busy = 0;
}
