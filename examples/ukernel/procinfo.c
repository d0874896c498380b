/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * procinfo.c - what /proc shows of processes
 */
#define _GNU_SOURCE
#include "process.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct uk_proc *uk_proc_find(int pid) {
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    if (proc->pid == pid)
      return proc;
  return NULL;
}

struct uk_proc *uk_proc_next(int after_pid) {
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    if (proc->pid > after_pid)
      return proc; /* the list is in order */
  return NULL;
}

void uk_proc_info(struct uk_proc *proc, struct uk_proc_info *info) {
  struct uk_task *leader = proc_leader(proc);
  memset(info, 0, sizeof(*info));
  info->ppid = proc->parent ? proc->parent->pid : 0;
  info->pgrp = proc->pgrp;
  info->session = proc->session;
  info->threads = proc->n_tasks;
  info->state = proc->zombie ? 'Z' : 'S';
  info->start_ns = proc->start_ns;
  for (struct uk_task *task = proc->tasks; task; task = task->next)
    if (task->in_guest || task == uk_current())
      info->state = 'R';
  if (proc->stopped)
    info->state = 'T';
  if (leader) {
    memcpy(info->comm, leader->comm, sizeof(info->comm));
    if (leader->mm)
      info->vsize_bytes = leader->mm->mapped_bytes;
  }
}

const char *uk_proc_exe(struct uk_proc *proc) { return proc->exe; }

size_t uk_proc_cmdline(struct uk_proc *proc, char *buf, size_t n) {
  size_t bytes = proc->cmdline_bytes < n ? proc->cmdline_bytes : n;
  if (proc->zombie || !proc->cmdline)
    return 0;
  memcpy(buf, proc->cmdline, bytes);
  return bytes;
}

size_t uk_proc_maps(struct uk_proc *proc, char *buf, size_t n) {
  struct uk_task *leader = proc_leader(proc);
  size_t used = 0;
  if (!leader || !leader->mm)
    return 0;
  for (size_t i = 0; i < leader->mm->n_regions; i++) {
    const struct uk_region *region = &leader->mm->region[i];
    const char *name = region->name ? region->name : "";
    if (region->file && region->file->path)
      name = region->file->path;
    int more = snprintf(
        buf + used, n - used, "%08lx-%08lx %c%c%c%c %08lx 00:00 0%s%s\n",
        (unsigned long)region->start, (unsigned long)region->end,
        region->prot & PROT_READ ? 'r' : '-',
        region->prot & PROT_WRITE ? 'w' : '-',
        region->prot & PROT_EXEC ? 'x' : '-', region->shared ? 's' : 'p',
        (unsigned long)region->offset, *name ? "                   " : "",
        name);
    if (more < 0 || (size_t)more >= n - used)
      break; /* whole lines only */
    used += (size_t)more;
  }
  return used;
}
