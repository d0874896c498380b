/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wait.c - wait4, waitid
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct wanted {
  int pid;  /* > 0: this one; 0: any; < 0: process group -pid */
  int what; /* WEXITED, WSTOPPED, WCONTINUED, WNOHANG, WNOWAIT */
};

/* What happened to a child. */
struct event {
  struct uk_proc *proc;
  int pid, status, code;
  uint32_t uid;
  uint64_t cpu_ns;
};

static bool is_wanted(const struct wanted *wanted, const struct uk_proc *proc) {
  if (proc->parent != uk_current()->proc)
    return false;
  if (wanted->pid > 0)
    return proc->pid == wanted->pid;
  return wanted->pid == 0 || proc->pgrp == -wanted->pid;
}

static bool has_event(struct uk_proc *proc, int what, struct event *event) {
  *event = (struct event){.proc = proc,
                          .pid = proc->pid,
                          .uid = proc->ids[0],
                          .cpu_ns = proc->cpu_ns + proc->child_cpu_ns};
  if (proc->zombie && (what & WEXITED)) {
    event->status = proc->exit_status;
    event->code = proc->exit_status & 0x7f ? CLD_KILLED : CLD_EXITED;
    return true;
  }
  if (proc->stopped && !proc->stop_reported && (what & WSTOPPED)) {
    event->status = proc->stop_signal << 8 | 0x7f;
    event->code = CLD_STOPPED;
    return true;
  }
  if (proc->continued && (what & WCONTINUED)) {
    event->status = 0xffff;
    event->code = CLD_CONTINUED;
    return true;
  }
  return false;
}

static void consume(const struct event *event) {
  struct uk_proc *proc = event->proc;
  if (proc->zombie) {
    uk_current()->proc->child_cpu_ns += event->cpu_ns;
    proc_free(proc);
  } else if (event->code == CLD_STOPPED) {
    proc->stop_reported = true;
  } else {
    proc->continued = false;
  }
}

/* 0: @event is filled in, with pid 0 if there is none yet (WNOHANG). */
static int do_wait(const struct wanted *wanted, struct event *event) {
  for (;;) {
    bool any = false;
    const void *channel = &uk_current()->proc->any_child;
    for (struct uk_proc *proc = uk_procs; proc; proc = proc->next) {
      if (!is_wanted(wanted, proc))
        continue;
      any = true;
      if (wanted->pid > 0)
        channel = proc;
      if (has_event(proc, wanted->what, event)) {
        if (!(wanted->what & WNOWAIT))
          consume(event);
        return 0;
      }
    }
    if (!any)
      return -ECHILD;
    if (wanted->what & WNOHANG) {
      memset(event, 0, sizeof(*event));
      return 0;
    }
    int err = uk_sleep(channel, UINT64_MAX);
    if (err)
      return err;
  }
}

static int put_usage(uint64_t addr, uint64_t cpu_ns) {
  struct rusage usage = {
      .ru_utime = {(time_t)(cpu_ns / 1000000000u),
                   (suseconds_t)(cpu_ns % 1000000000u / 1000)}};
  return addr ? copy_to_guest(addr, &usage, sizeof(usage)) : 0;
}

static int64_t sys_wait4(const uint64_t arg[6]) {
  int pid = (int)arg[0], options = (int)arg[2];
  struct event event;
  if (options &
      ~(WNOHANG | WUNTRACED | WCONTINUED | __WALL | __WCLONE | __WNOTHREAD))
    return -EINVAL;
  struct wanted wanted = {pid == -1  ? 0
                          : pid == 0 ? -uk_current()->proc->pgrp
                                     : pid,
                          WEXITED |
                              (options & (WNOHANG | WUNTRACED | WCONTINUED))};
  int err = do_wait(&wanted, &event);
  if (!err && event.pid && arg[1])
    err = copy_to_guest(arg[1], &event.status, sizeof(event.status));
  if (!err && event.pid)
    err = put_usage(arg[3], event.cpu_ns);
  return err ? err : event.pid;
}

static int64_t sys_waitid(const uint64_t arg[6]) {
  struct wanted wanted = {0, (int)arg[3]};
  struct event event;
  siginfo_t info;
  if ((arg[3] & ~(uint64_t)(WNOHANG | WNOWAIT | WEXITED | WSTOPPED |
                            WCONTINUED | __WALL | __WCLONE | __WNOTHREAD)) ||
      !(arg[3] & (WEXITED | WSTOPPED | WCONTINUED)))
    return -EINVAL;
  switch ((int)arg[0]) {
  case P_ALL:
    break;
  case P_PID:
    wanted.pid = (int)arg[1];
    if (wanted.pid <= 0)
      return -EINVAL;
    break;
  case P_PGID:
    if ((int)arg[1] < 0)
      return -EINVAL;
    wanted.pid = arg[1] ? -(int)arg[1] : -uk_current()->proc->pgrp;
    break;
  default:
    return -EINVAL;
  }
  int err = do_wait(&wanted, &event);
  if (err)
    return err;
  memset(&info, 0, sizeof(info));
  if (event.pid) {
    signal_info(&info, SIGCHLD, event.code);
    info.si_pid = event.pid;
    info.si_uid = event.uid;
    info.si_status = event.code == CLD_EXITED      ? event.status >> 8
                     : event.code == CLD_STOPPED   ? event.status >> 8 & 0xff
                     : event.code == CLD_CONTINUED ? SIGCONT
                                                   : event.status & 0x7f;
  }
  if (arg[2])
    err = copy_to_guest(arg[2], &info, sizeof(info));
  if (!err)
    err = put_usage(arg[4], event.cpu_ns);
  return err;
}

const struct uk_process_row uk_syscalls_wait[] = {
    {61, {"wait4", sys_wait4}},
    {247, {"waitid", sys_waitid}},
    {0, {NULL, NULL}},
};
