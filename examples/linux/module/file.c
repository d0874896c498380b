/* SPDX-License-Identifier: GPL-2.0-only */
/* file.c - /sys/kernel/debug/kcov8-sample: write a number, read a number */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "steps.h"

static u64 last;

static int get(void *data, u64 *value) {
  *value = sample_steps(last);
  return 0;
}

static int set(void *data, u64 value) {
  if (value == 0 || value > 1000)
    return -EINVAL;
  last = value;
  return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fops, get, set, "%llu\n");

static struct dentry *file;

static int __init sample_init(void) {
  file = debugfs_create_file_unsafe("kcov8-sample", 0600, NULL, NULL, &fops);
  return sample_remote_init();
}
module_init(sample_init);

static void __exit sample_exit(void) {
  sample_remote_exit();
  debugfs_remove(file);
}
module_exit(sample_exit);

MODULE_DESCRIPTION("A module whose blocks kcov8 shows");
MODULE_LICENSE("GPL");
