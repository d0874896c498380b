// SPDX-License-Identifier: GPL-2.0-only
/*
 * linux-compare.c - /sys/kernel/debug/compare, as ukernel has it
 *
 * Built into the Linux of the conformance comparison (kernel/ of its tree). The
 * compared lines are in compare-lines.h, the same for both.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "compare-lines.h"

static ssize_t compare_write(struct file *file, const char __user *buf,
                             size_t n, loff_t *pos) {
  struct compare_args args;
  if (n != sizeof(args))
    return -EINVAL;
  if (copy_from_user(&args, buf, sizeof(args)))
    return -EFAULT;
  compare_lines(&args);
  return n;
}

static const struct file_operations compare_ops = {
    .open = nonseekable_open,
    .write = compare_write,
};

static int __init compare_init(void) {
  debugfs_create_file_unsafe("compare", 0600, NULL, NULL, &compare_ops);
  return 0;
}
device_initcall(compare_init);
