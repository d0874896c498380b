/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kcov8-remote.c - /sys/kernel/debug/kcov8-remote: work for whoever has a
 * handle
 *
 * `work HANDLE` is done by a kernel thread, `softirq HANDLE` by a timer; the
 * write returns when it is done. Part of the module, or of a kernel.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kcov.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "steps.h"

static u64 handle;
static DECLARE_COMPLETION(done);

static noinline void remote_steps(const char *what) {
  char text[32];

  snprintf(text, sizeof(text), "%s %llu", what, handle);
  kfree(kstrdup(text, GFP_ATOMIC));
}

static void remote_work(struct work_struct *work) {
  kcov_remote_start(handle);
  remote_steps("work");
  kcov_remote_stop();
  complete(&done);
}
static DECLARE_WORK(work, remote_work);

static void remote_softirq(struct timer_list *timer) {
  kcov_remote_start(handle);
  remote_steps("softirq");
  kcov_remote_stop();
  complete(&done);
}
static DEFINE_TIMER(timer, remote_softirq);

static ssize_t remote_write(struct file *file, const char __user *from,
                            size_t n, loff_t *pos) {
  static DEFINE_MUTEX(lock);
  char text[32] = "", where[8];
  u64 to;

  if (n >= sizeof(text) || copy_from_user(text, from, n) ||
      sscanf(text, "%7s %llu", where, &to) != 2)
    return -EINVAL;
  mutex_lock(&lock);
  handle = to;
  if (!strcmp(where, "softirq"))
    mod_timer(&timer, jiffies + 1);
  else
    schedule_work(&work);
  wait_for_completion(&done);
  mutex_unlock(&lock);
  return n;
}

static const struct file_operations remote_ops = {
    .owner = THIS_MODULE,
    .open = nonseekable_open,
    .write = remote_write,
};

static struct dentry *remote_file;

int __init sample_remote_init(void) {
  remote_file =
      debugfs_create_file("kcov8-remote", 0600, NULL, NULL, &remote_ops);
  return 0;
}

#ifdef MODULE
void sample_remote_exit(void) {
  debugfs_remove(remote_file);
  flush_work(&work);
  timer_delete_sync(&timer);
}
#else
device_initcall(sample_remote_init);
#endif
