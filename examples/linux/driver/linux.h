/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linux.h - what the driver's files share
 *
 * device.c  the file in debugfs, and the mmap of its buffer
 * task.c    a task's part of it: made when it first asks, gone when it exits
 * softirq.c remote sections of softirqs
 * port.c    memory, lock, log, user memory
 * switch.c  the context switch
 * vector.c  vector registers of x86-64
 * um.c      User Mode Linux: the base of gs, and where it changes
 */
#ifndef KCOV8_LINUX_H
#define KCOV8_LINUX_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <kcov8/kcov8.h>

/**
 * struct kcov8_thread - kcov8's part of a task
 * @base: distance of the counters that the task's code reaches to the kernel's
 *        own, which are nobody's: 0 unless it traces. Written by the task only.
 * @saved: a flush has saved the task's vector registers and used them
 */
struct kcov8_thread {
  struct kcov8_task task;
  intptr_t base;
  bool saved;
};

/*
 * Where a task has it; NULL until it needs one. In place of the kernel's own
 * kcov it is the field of that; beside it, one that the test adds to sched.h.
 */
#ifdef CONFIG_KCOV8_BESIDE
#define KCOV8_THREAD_FIELD(t) ((t)->kcov8)
#else
#define KCOV8_THREAD_FIELD(t) ((t)->kcov)
#endif

static inline struct kcov8_thread *kcov8_thread(const struct task_struct *t) {
  return (struct kcov8_thread *)READ_ONCE(KCOV8_THREAD_FIELD(t));
}

/* Where the code that the task runs counts. */
static inline intptr_t kcov8_thread_base(const struct task_struct *t) {
  const struct kcov8_thread *const thread = kcov8_thread(t);
  return unlikely(thread) ? thread->base : 0;
}

/* um.c, x86.c: what runs on this CPU counts there; of no task, 0. */
void kcov8_use_base(intptr_t base);

/* task.c: that of the calling task, made if there is none. NULL: no memory. */
struct kcov8_thread *kcov8_thread_get(void);

/* vector.c: the task's own registers, if a flush used them. */
#ifdef CONFIG_UML
static inline void kcov8_vector_return(struct kcov8_thread *thread) {}
#else
void kcov8_vector_return(struct kcov8_thread *thread);
#endif

/* To be called as the last thing before the task's own code runs again. */
static inline void kcov8_thread_return(void) {
  struct kcov8_thread *const thread = kcov8_thread(current);
  if (unlikely(thread)) {
    kcov8_syscall_return(&thread->task);
    kcov8_vector_return(thread);
  }
}

/* softirq.c: remote sections of softirqs; a task has to prepare them. */
void kcov8_softirq_prepare(void);
void kcov8_softirq_start(u64 handle);
void kcov8_softirq_stop(void); /* no effect if none was started */

/* Whose counters this CPU's softirq reaches; NULL: nobody's. */
DECLARE_PER_CPU(struct kcov8_thread *, kcov8_softirq_thread);

/* device.c: NULL before it is there. */
extern struct kcov8_device *kcov8_linux_device;

/* port.c: how often there was no memory; changed under the core's lock. */
extern unsigned int kcov8_linux_no_memory;

/* port.c: what a device needs of its host. */
extern const struct kcov8_host kcov8_linux_host;

#endif /* KCOV8_LINUX_H */
