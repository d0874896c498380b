/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * compare.c - /sys/kernel/debug/compare: comparisons for KCOV_TRACE_CMP
 *
 * A file for tests. What a guest writes to it is compared with constants; the
 * lines are shared with a Linux module (test/conformance).
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <string.h>

#include "compare-lines.h"

/* -EINVAL: not one struct compare_args. */
static ssize_t compare_write(struct uk_file *file, const void *buf, size_t n,
                             int64_t *pos) {
  struct compare_args args;
  (void)file;
  (void)pos;
  if (n != sizeof(args))
    return -EINVAL;
  memcpy(&args, buf, sizeof(args));
  compare_lines(&args);
  return (ssize_t)n;
}

static const struct uk_file_ops compare_ops = {.write = compare_write};

static int compare_open(struct uk_inode *inode, int flags,
                        struct uk_file **out) {
  (void)inode;
  *out = uk_file_new(&compare_ops, flags, NULL);
  return *out ? 0 : -ENOMEM;
}

int uk_compare_add(struct uk_inode *debugfs) {
  return uk_ramfs_add(debugfs, "compare", S_IFREG | 0600, 0, NULL,
                      compare_open);
}
