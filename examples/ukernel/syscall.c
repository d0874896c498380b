/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * syscall.c - from number to function
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>

#define MAX_NR 512u

bool uk_strace, uk_verbose;
static const struct uk_syscall *table[MAX_NR];
static bool reported[MAX_NR];

void syscall_init(void) {
  static const struct uk_process_row *const parts[] = {
      uk_syscalls_mmap,  uk_syscalls_advice, uk_syscalls_task,
      uk_syscalls_ids,   uk_syscalls_caps,   uk_syscalls_wait,
      uk_syscalls_exec,  uk_syscalls_signal, uk_syscalls_futex,
      uk_syscalls_clock, uk_syscalls_misc,
  };
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
    for (const struct uk_process_row *row = parts[i]; row->call.name; row++)
      table[row->nr] = &row->call;
}

const struct uk_syscall *uk_process_syscall(uint64_t nr) {
  return nr < MAX_NR ? table[nr] : NULL;
}

static int64_t unknown(struct uk_task *task, uint64_t nr,
                       const uint64_t arg[6]) {
  if (uk_strace) {
    strace_call(task, NULL, nr, arg);
    strace_result(task, NULL, -ENOSYS);
  }
  if ((uk_verbose || uk_strace) && (nr >= MAX_NR || !reported[nr])) {
    if (nr < MAX_NR)
      reported[nr] = true;
    fprintf(stderr, "ukernel: system call %lu is not there (-ENOSYS)\n",
            (unsigned long)nr);
  }
  return -ENOSYS;
}

void syscall_dispatch(struct uk_task *task) {
  uint64_t nr, *arg = task->arg;
  cpu_syscall(task->mm->cpu, &nr, arg);
  task->nr = nr;
  task->in_syscall = true;
  const struct uk_syscall *call = uk_process_syscall(nr);
  if (!call)
    call = uk_file_syscall(nr);
  if (!call) {
    task->result = unknown(task, nr, arg);
    return;
  }
  if (!uk_strace) {
    task->result = call->fn(arg);
    return;
  }
  strace_call(task, call->name, nr, arg);
  task->result = call->fn(arg);
  strace_result(task, call->name, task->result);
}

/*
 * Whether an interrupted call is made again: after a handler with SA_RESTART
 * (@handled), or after no handler ran at all.
 */
bool syscall_restarts(uint64_t nr, bool handled) {
  switch (nr) {
  case SYS_rt_sigtimedwait:
    return false;
  case SYS_nanosleep:
  case SYS_clock_nanosleep:
  case SYS_poll:
  case SYS_ppoll:
  case SYS_select:
  case SYS_pselect6:
  case SYS_epoll_wait:
  case SYS_epoll_pwait:
  case SYS_epoll_pwait2:
  case SYS_rt_sigsuspend:
  case SYS_pause:
    return !handled;
  default:
    return true;
  }
}
