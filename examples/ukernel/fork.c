/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * fork.c - clone, fork, vfork, and the exit calls
 *
 * Departures: a process made with CLONE_FILES or CLONE_SIGHAND but without
 * CLONE_THREAD gets copies; of the namespaces only that of mounts can be split.
 * clone3 is not there, libcs fall back to clone.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACES                                                             \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |               \
   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

struct request {
  uint64_t flags, stack, parent_tid, child_tid, tls;
};

static int check_flags(uint64_t flags) {
  if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
    return -EINVAL;
  if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
    return -EINVAL;
  if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
    return -EINVAL;
  if (flags & CLONE_PIDFD)
    return -EINVAL;
  if (flags & CLONE_PTRACE)
    return -EPERM;
  if ((flags & CSIGNAL) > UK_NSIG)
    return -EINVAL;
  return flags & NAMESPACES ? uk_ns_may_split(flags & NAMESPACES) : 0;
}

/* A thread joins @parent's process, all else gets its own. */
static int new_proc(struct uk_task *parent, uint64_t flags,
                    struct uk_proc **out) {
  if (flags & CLONE_THREAD) {
    *out = parent->proc;
    return 0;
  }
  struct uk_proc *proc = proc_new(flags & CLONE_PARENT && parent->proc->parent
                                      ? parent->proc->parent
                                      : parent->proc);
  if (!proc)
    return -ENOMEM;
  if (flags & CLONE_PARENT) {
    memcpy(proc->action, parent->proc->action, sizeof(proc->action));
    proc->pgrp = parent->proc->pgrp;
    proc->session = parent->proc->session;
  }
  proc->exit_signal = (int)(flags & CSIGNAL);
  proc->files = uk_files_copy(parent->proc->files);
  if (!proc->files) {
    proc_free(proc);
    return -ENOMEM;
  }
  *out = proc;
  return 0;
}

static int new_where(const struct uk_task *parent, uint64_t flags,
                     struct uk_where **out) {
  *out = flags & CLONE_FS ? uk_where_get(parent->where)
                          : uk_where_copy(parent->where);
  return !*out ? -ENOMEM : flags & CLONE_NEWNS ? uk_mntns_unshare(*out) : 0;
}

static void drop_proc(struct uk_proc *proc, uint64_t flags) {
  if (flags & CLONE_THREAD)
    return;
  uk_files_free(proc->files);
  proc_free(proc);
}

static void copy_state(struct uk_task *child, struct uk_task *parent,
                       const struct request *request) {
  child->regs = *task_regs(parent);
  memcpy(child->fx, parent->fx, sizeof(child->fx));
  child->fresh = true;
  child->regs.rax = 0;
  child->regs.rcx = child->regs.rip;
  child->regs.r11 = child->regs.rflags;
  if (request->stack)
    child->regs.rsp = request->stack;
  if (request->flags & CLONE_SETTLS)
    child->regs.fs_base = request->tls;
  child->blocked =
      parent->restore_blocked ? parent->saved_blocked : parent->blocked;
  if (!(request->flags & CLONE_VM) || (request->flags & CLONE_VFORK)) {
    child->alt_sp = parent->alt_sp;
    child->alt_bytes = parent->alt_bytes;
    child->alt_flags = parent->alt_flags;
  }
  memcpy(child->comm, parent->comm, sizeof(child->comm));
  kcov8_task_fork(&child->kcov, &parent->kcov);
}

static void wait_for_vfork(struct uk_task *task) {
  while (task->vfork_waiting && !task->killed && !task->proc->exiting)
    sched_wait(task, &task->vfork_waiting);
}

static int64_t do_clone(const struct request *request) {
  struct uk_task *task = uk_current();
  struct uk_proc *proc;
  struct uk_mm *mm = task->mm;
  struct uk_where *where = NULL;
  int err = check_flags(request->flags);
  if (!err)
    err = new_proc(task, request->flags, &proc);
  if (err)
    return err;
  err = new_where(task, request->flags, &where);
  if (!err && !(request->flags & CLONE_VM))
    err = mm_copy(task->mm, &mm);
  if (err) {
    uk_where_put(where);
    drop_proc(proc, request->flags);
    return err;
  }
  if (mm != task->mm && cpu_set_precise(mm->cpu, signal_wants_precise(proc)))
    mm_forget_all_code(mm);
  int tid = request->flags & CLONE_THREAD ? uk_new_pid() : proc->pid;
  struct uk_task *child = task_new(proc, mm, tid);
  if (mm != task->mm)
    mm_put(mm); /* the task holds it now */
  if (!child) {
    uk_where_put(where);
    drop_proc(proc, request->flags);
    return -EAGAIN;
  }
  child->where = where;
  copy_state(child, task, request);
  if (request->flags & CLONE_PARENT_SETTID)
    copy_to_guest(request->parent_tid, &tid, sizeof(tid));
  if (request->flags & CLONE_CHILD_SETTID)
    mm_write(child->mm, request->child_tid, &tid, sizeof(tid));
  if (request->flags & CLONE_CHILD_CLEARTID)
    child->clear_tid = request->child_tid;
  if (request->flags & CLONE_VFORK) {
    child->vfork_parent = task;
    task->vfork_waiting = true;
  }
  err = task_start(child);
  if (err) {
    task->vfork_waiting = false;
    task_free_unstarted(child);
    drop_proc(proc, request->flags);
    return -EAGAIN;
  }
  wait_for_vfork(task);
  return tid;
}

static int64_t sys_clone(const uint64_t arg[6]) {
  struct request request = {arg[0], arg[1], arg[2], arg[3], arg[4]};
  return do_clone(&request);
}

static int64_t sys_fork(const uint64_t arg[6]) {
  struct request request = {.flags = SIGCHLD};
  (void)arg;
  return do_clone(&request);
}

static int64_t sys_vfork(const uint64_t arg[6]) {
  struct request request = {.flags = SIGCHLD | CLONE_VM | CLONE_VFORK};
  (void)arg;
  return do_clone(&request);
}

static int64_t sys_exit(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  if (task->proc->n_tasks == 1 && !task->proc->exiting)
    task->proc->exit_status = (int)(arg[0] & 0xff) << 8;
  task_exit(task);
}

static int64_t sys_exit_group(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  proc_kill(task->proc, (int)(arg[0] & 0xff) << 8);
  task_exit(task);
}

static int64_t sys_set_tid_address(const uint64_t arg[6]) {
  uk_current()->clear_tid = arg[0];
  return uk_current()->tid;
}

const struct uk_process_row uk_syscalls_task[] = {
    {56, {"clone", sys_clone}},
    {57, {"fork", sys_fork}},
    {58, {"vfork", sys_vfork}},
    {60, {"exit", sys_exit}},
    {218, {"set_tid_address", sys_set_tid_address}},
    {231, {"exit_group", sys_exit_group}},
    {0, {NULL, NULL}},
};
