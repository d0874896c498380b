/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * task.c - tasks, through the hooks that the kernel has for its own kcov
 *
 * kcov_task_init() in fork, kcov_task_exit() in exit, and background work for
 * other tasks. execve needs none: counters and buffer stay, the next return to
 * user space collects.
 */
#include <linux/kcov.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "compat.h"
#include "linux.h"

struct kcov8_thread *kcov8_thread_get(void) {
  struct kcov8_thread *thread = kcov8_thread(current);

  if (thread)
    return thread;
  thread = kzalloc(sizeof(*thread), GFP_KERNEL);
  if (!thread)
    return NULL;
  kcov8_task_init(&thread->task);
#ifndef CONFIG_KCOV8_BESIDE
  thread->task.common_handle = (u32)current->kcov_handle;
#endif
  WRITE_ONCE(KCOV8_THREAD_FIELD(current), (void *)thread);
  return thread;
}

/* The copy that fork() made of its parent's. */
static void forget(struct task_struct *t) { KCOV8_THREAD_FIELD(t) = NULL; }

static void leave(struct task_struct *t) {
  struct kcov8_thread *const thread = kcov8_thread(t);

  if (!thread)
    return;
  kcov8_task_exit(&thread->task);
  forget(t);
  kfree(thread);
}

/* ---- Work for other tasks --------------------------------------------- */

static bool is_softirq(void) {
  return in_serving_softirq() && !in_hardirq() && !in_nmi();
}

static void remote_start(u64 handle) {
  struct kcov8_thread *thread;

  if (!kcov8_linux_device || !kcov8_remote_wanted(kcov8_linux_device, handle))
    return;
  if (is_softirq())
    kcov8_softirq_start(handle);
  if (!in_task())
    return;
  thread = kcov8_thread_get();
  if (thread)
    kcov8_remote_start(kcov8_linux_device, &thread->task, handle);
}

static void remote_stop(void) {
  struct kcov8_thread *const thread = kcov8_thread(current);

  if (is_softirq())
    kcov8_softirq_stop();
  else if (in_task() && thread)
    kcov8_remote_stop(&thread->task);
}

/* ---- Hooks ------------------------------------------------------------ */

#ifdef CONFIG_KCOV8_BESIDE

/* The kernel's own kcov has the hooks; the linker leads them through here. */
void __real_kcov_task_init(struct task_struct *t);
void __real_kcov_task_exit(struct task_struct *t);
void __wrap_kcov_task_init(struct task_struct *t);
void __wrap_kcov_task_exit(struct task_struct *t);

void __wrap_kcov_task_init(struct task_struct *t) {
  forget(t);
  __real_kcov_task_init(t);
}

void __wrap_kcov_task_exit(struct task_struct *t) {
  leave(t);
  __real_kcov_task_exit(t);
}

void __real_kcov_remote_start(u64 handle);
void __real_kcov_remote_stop(void);
void __wrap_kcov_remote_start(u64 handle);
void __wrap_kcov_remote_stop(void);

/* What ours calls is not for the kernel's own to see. */
void __wrap_kcov_remote_start(u64 handle) {
  remote_start(handle);
  __real_kcov_remote_start(handle);
}

void __wrap_kcov_remote_stop(void) {
  __real_kcov_remote_stop();
  remote_stop();
}

#else

/* kcov_handle: the common handle of a task that has no part of its own yet. */
static u64 common_handle(void) {
  const struct kcov8_thread *const thread = kcov8_thread(current);

  if (!in_task())
    return 0;
  return thread ? kcov8_common_handle(&thread->task) : current->kcov_handle;
}

void kcov_task_init(struct task_struct *t) {
  t->kcov_handle = common_handle();
  forget(t);
}

void kcov_task_exit(struct task_struct *t) {
  leave(t);
  t->kcov_handle = 0;
}

kcov8_handle_id kcov_common_handle(void) {
  return KCOV8_HANDLE_ID(common_handle());
}
EXPORT_SYMBOL(kcov_common_handle);

void kcov_remote_start(u64 handle) { remote_start(handle); }
EXPORT_SYMBOL(kcov_remote_start);

void kcov_remote_stop(void) { remote_stop(); }
EXPORT_SYMBOL(kcov_remote_stop);

#endif
