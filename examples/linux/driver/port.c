/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port.c - the port hooks of kcov8's core, and its host hooks
 *
 * The locks may sleep: the core is called by system calls, at the return to
 * user space and at exit, never from an interrupt or in a context switch. Each
 * file has one, so that tasks that trace on different CPUs do not meet: the
 * return of a call takes that alone (runtime/base/lock.c).
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <kcov8/port.h>

#include "compat.h"
#include "linux.h"

static DEFINE_MUTEX(lock);

void kcov8_port_lock(void) { mutex_lock(&lock); }

void kcov8_port_unlock(void) { mutex_unlock(&lock); }

void *kcov8_port_mutex_new(void) {
  struct mutex *const m = kzalloc(sizeof(*m), GFP_KERNEL);

  if (m)
    mutex_init(m);
  return m;
}

void kcov8_port_mutex_free(void *m) {
  mutex_destroy(m);
  kfree(m);
}

void kcov8_port_mutex_lock(void *m) { mutex_lock(m); }

void kcov8_port_mutex_unlock(void *m) { mutex_unlock(m); }

unsigned int kcov8_linux_no_memory;

/* Multiples of 16 are aligned to 16 by every size of slab. */
void *kcov8_port_alloc(size_t bytes) {
  void *const p = kvzalloc(ALIGN(bytes, 16), GFP_KERNEL);

  if (!p)
    kcov8_linux_no_memory++;
  return p;
}

void kcov8_port_free(void *p, size_t bytes) { kvfree(p); }

void kcov8_port_log(enum kcov8_log_level level, const char *message) {
  if (level == KCOV8_LOG_ERROR)
    pr_err("kcov8: %s\n", message);
  else
    pr_warn("kcov8: %s\n", message);
}

struct kcov8_task *kcov8_port_current_task(void) {
  struct kcov8_thread *const thread = kcov8_thread(current);

  return in_task() && thread ? &thread->task : NULL;
}

/* ---- Host ------------------------------------------------------------- */

static int alloc_area(void *ctx, struct kcov8_area *area) {
  area->base = vmalloc_user(area->bytes);
  return area->base ? 0 : -ENOMEM;
}

static void free_area(void *ctx, struct kcov8_area *area) { vfree(area->base); }

/* Both are called by the task itself, in its ioctl. */
static int read_guest(void *ctx, struct kcov8_task *task, void *to, u64 from,
                      size_t bytes) {
  return copy_from_user(to, u64_to_user_ptr(from), bytes) ? -EFAULT : 0;
}

static int write_guest(void *ctx, struct kcov8_task *task, u64 to,
                       const void *from, size_t bytes) {
  return copy_to_user(u64_to_user_ptr(to), from, bytes) ? -EFAULT : 0;
}

const struct kcov8_host kcov8_linux_host = {
    .size = sizeof(struct kcov8_host),
    .alloc_area = alloc_area,
    .free_area = free_area,
    .read_guest = read_guest,
    .write_guest = write_guest,
    .rules = KCOV8_LINUX_RULES,
};
