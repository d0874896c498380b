/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * proc.h - what procfs.c (the tree), proclink.c (its links) and proctext.c (the
 * texts) share
 */
#ifndef UKERNEL_PROC_H
#define UKERNEL_PROC_H

#include "vfs.h"

#include <stdio.h>

/* What one entry of /proc is. */
enum proc_kind {
  PROC_ROOT,
  PROC_SELF,
  PROC_PID,
  PROC_FD_DIR,
  PROC_FD,
  PROC_EXE,
  PROC_CWD,
  PROC_ROOT_LINK,
  PROC_MOUNTS_LINK,
  PROC_NS_DIR,
  PROC_NS,
  PROC_FIRST_TEXT,
  PROC_CMDLINE = PROC_FIRST_TEXT,
  PROC_COMM,
  PROC_ENVIRON,
  PROC_MAPS,
  PROC_MOUNTINFO,
  PROC_MOUNTS,
  PROC_MOUNTSTATS,
  PROC_STAT,
  PROC_STATM,
  PROC_STATUS,
  PROC_CPUINFO,
  PROC_FILESYSTEMS,
  PROC_BOOT_CMDLINE,
  PROC_LOADAVG,
  PROC_MEMINFO,
  PROC_SYS_STAT,
  PROC_UPTIME,
  PROC_VERSION,
};

/* What an inode is: @fd is a descriptor, or which namespace. */
struct proc_node {
  enum proc_kind kind;
  int pid, fd;
};
static inline const struct proc_node *
proc_node_of(const struct uk_inode *inode) {
  return inode->priv;
}
void proc_release(struct uk_inode *inode);
/* Of a process that still has files; -ESRCH, -ENOENT. */
int proc_files(const struct proc_node *node, struct uk_files **files);
extern const struct uk_inode_ops proc_link_ops, proc_jump_ops;

/* What a process sees of the mounts, in one of three forms. */
void proc_print_mounts(FILE *f, struct uk_proc *proc, enum proc_kind kind);

/* A file with the text of @kind; @proc is NULL for the whole system's. */
int proc_text_open(enum proc_kind kind, struct uk_proc *proc, int flags,
                   struct uk_file **out);

#endif /* UKERNEL_PROC_H */
