/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * lock.c - the core's lock, and the locks of files
 *
 * The core's lock protects everything. What tasks do often does without it
 * where it can: a flush, and the start and stop of a section of background
 * work. Of a task with counters of its own they touch these, the file's buffer,
 * and of images what never changes while a copy of them is there. So they take
 * their file's own lock, and tasks of different files do not wait for each
 * other.
 * - Between a flush and other calls of the same task: a host makes one call for
 *   a task at a time, so what only these touch needs no second lock.
 * - Who has the core's lock and touches what belongs to a file that traces (its
 *   buffer, its pending set, its copies of counters) takes that file's lock,
 *   too: after the core's, and one at a time.
 * - ENABLE and RESET_TRACE clear the task's counters, which may be megabytes:
 *   they take the file's lock, then give the core's back, then clear.
 * - Who has a file's lock alone takes no other one. So there is an order, and
 *   nothing waits for a flush that waits for something.
 *
 * Background work finds its file by a handle, without a lock (remote.c), and
 * locks that file then. It may be gone: so locks stay when their files go, and
 * the next files take them. Who has got one looks whether the handle is still
 * its file's. There are as many as there were files at once. An RCU would do
 * with less, but is nothing that every host has.
 *
 * Counters that no file is known for yet (a prepared section) belong to no
 * lock. They are delivered with their file's. Images come and go rarely: who
 * changes these copies first waits for each holder of a file's lock
 * (kcov8i_mutexes_pass()).
 */
#include "base/base.h"

void kcov8i_lock(void) { kcov8_port_lock(); }

static void set_apart(bool apart) {
  if (apart != kcov8i.apart)
    __atomic_store_n(&kcov8i.apart, apart, __ATOMIC_RELEASE);
}

/* Every change to what `apart` is made of is in front of an unlock. */
void kcov8i_unlock(void) {
  set_apart(!kcov8i.n_shared && !kcov8i.n_unprepared && !kcov8i.keep);
  kcov8_port_unlock();
}

bool kcov8i_flushes_apart(void) {
  return __atomic_load_n(&kcov8i.apart, __ATOMIC_ACQUIRE);
}

/* ---- Of files ------------------------------------------------------------ */

struct kcov8i_mutex {
  struct kcov8i_mutex *next; /* of all */
  struct kcov8i_mutex *next_free;
  void *port;
};

static struct kcov8i_mutex *mutexes, *free_mutexes;

static bool has_mutex_hooks(void) {
  return kcov8_port_mutex_new && kcov8_port_mutex_free &&
         kcov8_port_mutex_lock && kcov8_port_mutex_unlock;
}

static struct kcov8i_mutex *new_mutex(void) {
  struct kcov8i_mutex *const m = kcov8_port_alloc(sizeof(*m));
  if (!m)
    return NULL;
  m->port = kcov8_port_mutex_new();
  if (!m->port) {
    kcov8_port_free(m, sizeof(*m));
    return NULL;
  }
  m->next = mutexes;
  mutexes = m;
  return m;
}

struct kcov8i_mutex *kcov8i_mutex_get(void) {
  struct kcov8i_mutex *const m = free_mutexes;
  if (!m)
    return has_mutex_hooks() ? new_mutex() : NULL;
  free_mutexes = m->next_free;
  return m;
}

void kcov8i_mutex_put(struct kcov8i_mutex *m) {
  if (!m)
    return;
  m->next_free = free_mutexes;
  free_mutexes = m;
}

void kcov8i_mutexes_free(void) {
  while (mutexes) {
    struct kcov8i_mutex *const m = mutexes;
    mutexes = m->next;
    kcov8_port_mutex_free(m->port);
    kcov8_port_free(m, sizeof(*m));
  }
  free_mutexes = NULL;
}

void kcov8i_mutex_lock(struct kcov8i_mutex *m) {
  if (m)
    kcov8_port_mutex_lock(m->port);
}

void kcov8i_mutex_unlock(struct kcov8i_mutex *m) {
  if (m)
    kcov8_port_mutex_unlock(m->port);
}

void kcov8i_mutexes_lock(void) {
  for (struct kcov8i_mutex *m = mutexes; m; m = m->next)
    kcov8i_mutex_lock(m);
}

void kcov8i_mutexes_unlock(void) {
  for (struct kcov8i_mutex *m = mutexes; m; m = m->next)
    kcov8i_mutex_unlock(m);
}

void kcov8i_mutexes_pass(void) {
  set_apart(false);
  for (struct kcov8i_mutex *m = mutexes; m; m = m->next) {
    kcov8i_mutex_lock(m);
    kcov8i_mutex_unlock(m);
  }
}

/* ---- Of a call ----------------------------------------------------------- */

void kcov8i_task_enter(struct kcov8_task *task) {
  task->busy = 1;
  kcov8i_lock();
}

void kcov8i_task_leave(struct kcov8_task *task) {
  kcov8i_unlock();
  task->busy = 0;
}
