/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * softirq.c - remote sections of softirqs
 *
 * Locks may sleep, a softirq may not. So each CPU has sections that were
 * prepared when a task first asked for remote coverage. A softirq takes one and
 * counts there; a work item hands over what it has, a little later.
 * Sections for one handle that follow each other before that are one; work for
 * a handle that nobody has takes none. If all are full, what comes is lost,
 * which is said once.
 *
 * On one CPU softirqs do not interrupt each other; work items run anywhere.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "linux.h"

#define SECTIONS 4 /* of a CPU */

enum state {
  MISSING,
  READY,
  RUNNING,
  FULL,
  GIVEN, /* by its work item, right now */
};

struct section {
  struct kcov8_thread thread;
  atomic_t state;
  u64 handle;
  size_t now; /* when it began */
  struct work_struct work;
};

static DEFINE_PER_CPU(struct section[SECTIONS], sections);
DEFINE_PER_CPU(struct kcov8_thread *, kcov8_softirq_thread);

static bool take(struct section *s, enum state from, enum state to) {
  return atomic_cmpxchg(&s->state, from, to) == from;
}

/* ---- Before and behind, where sleeping is allowed --------------------- */

static void give(struct work_struct *work) {
  struct section *const s = container_of(work, struct section, work);

  if (!take(s, FULL, GIVEN))
    return; /* runs again, and will be full again */
  kcov8_remote_deliver(kcov8_linux_device, &s->thread.task, s->handle, s->now);
  atomic_set_release(&s->state, READY);
}

static void prepare(struct section *s) {
  if (atomic_read(&s->state) != MISSING)
    return;
  kcov8_task_init(&s->thread.task);
  if (kcov8_remote_prepare(&s->thread.task))
    return; /* no memory: when the next one asks */
  s->thread.base = kcov8_remote_base(&s->thread.task);
  INIT_WORK(&s->work, give);
  atomic_set_release(&s->state, READY);
}

void kcov8_softirq_prepare(void) {
  static DEFINE_MUTEX(lock);
  int cpu;

  mutex_lock(&lock);
  for_each_online_cpu(cpu) {
    for (int i = 0; i < SECTIONS; i++)
      prepare(&per_cpu(sections, cpu)[i]);
  }
  mutex_unlock(&lock);
}

/* ---- In a softirq ----------------------------------------------------- */

static struct section *find(u64 handle, size_t now) {
  struct section *const all = *this_cpu_ptr(&sections);

  for (int i = 0; i < SECTIONS; i++)
    if (all[i].handle == handle && all[i].now == now &&
        take(&all[i], FULL, RUNNING))
      return &all[i];
  for (int i = 0; i < SECTIONS; i++)
    if (take(&all[i], READY, RUNNING)) {
      all[i].handle = handle;
      all[i].now = now;
      return &all[i];
    }
  return NULL;
}

/* In both the variable first: an interrupt that follows goes back to it. */
void kcov8_softirq_start(u64 handle) {
  const size_t now = kcov8_remote_now();
  struct section *s;

  if (!now || this_cpu_read(kcov8_softirq_thread))
    return;
  s = find(handle, now);
  if (!s) {
    pr_warn_once(
        "kcov8: too many remote sections in softirqs, some are lost\n");
    return;
  }
  this_cpu_write(kcov8_softirq_thread, &s->thread);
  kcov8_use_base(s->thread.base);
}

void kcov8_softirq_stop(void) {
  struct kcov8_thread *const thread = this_cpu_read(kcov8_softirq_thread);
  struct section *s;

  if (!thread)
    return;
  this_cpu_write(kcov8_softirq_thread, NULL);
  kcov8_use_base(0);
  s = container_of(thread, struct section, thread);
  atomic_set_release(&s->state, FULL);
  queue_work(system_percpu_wq, &s->work);
}
