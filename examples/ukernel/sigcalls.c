/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sigcalls.c - system calls on signals
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <string.h>

#define SET_UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define SS_AUTODISARM_FLAG (1u << 31)
#define MIN_STACK 2048u

/* ---- Actions and masks ------------------------------------------------ */

/* The exact RIP of memory faults costs time: only for those who look at it. */
static void update_precise(struct uk_task *task) {
  struct uk_mm *mm = task->mm;
  sched_enter(task);
  if (cpu_set_precise(mm->cpu, signal_wants_precise(task->proc)))
    mm_forget_all_code(mm);
}

static void drop_ignored(struct uk_task *task, int sig) {
  siginfo_t info;
  uint64_t handler = task->proc->action[sig].handler;
  bool by_default =
      sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH;
  if (handler == 1 || (handler == 0 && by_default))
    while (signal_dequeue(task, SIG_BIT(sig), &info))
      ;
}

static int64_t sys_rt_sigaction(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  int sig = (int)arg[0];
  struct uk_sigaction action, old;
  if (arg[3] != 8 || sig < 1 || sig > UK_NSIG ||
      (arg[1] && (SIG_BIT(sig) & SET_UNBLOCKABLE)))
    return -EINVAL;
  old = task->proc->action[sig];
  if (arg[1] && copy_from_guest(&action, arg[1], sizeof(action)))
    return -EFAULT;
  if (arg[2] && copy_to_guest(arg[2], &old, sizeof(old)))
    return -EFAULT;
  if (!arg[1])
    return 0;
  action.mask &= ~SET_UNBLOCKABLE;
  task->proc->action[sig] = action;
  drop_ignored(task, sig);
  if (sig == SIGSEGV || sig == SIGBUS)
    update_precise(task);
  return 0;
}

static int64_t sys_rt_sigprocmask(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  uint64_t old = task->blocked, set = 0;
  if (arg[3] != 8)
    return -EINVAL;
  if (arg[1]) {
    if (copy_from_guest(&set, arg[1], sizeof(set)))
      return -EFAULT;
    switch ((int)arg[0]) {
    case SIG_BLOCK:
      set |= old;
      break;
    case SIG_UNBLOCK:
      set = old & ~set;
      break;
    case SIG_SETMASK:
      break;
    default:
      return -EINVAL;
    }
    signal_set_mask(task, set);
  }
  return arg[2] ? copy_to_guest(arg[2], &old, sizeof(old)) : 0;
}

static int64_t sys_rt_sigpending(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  uint64_t set = (task->pending.set | task->proc->pending.set) & task->blocked;
  return arg[1] > 8 ? -EINVAL : copy_to_guest(arg[0], &set, arg[1]);
}

static int64_t wait_for_signal(void) {
  int err;
  do
    err = uk_sleep(NULL, UINT64_MAX);
  while (!err);
  return -EINTR;
}

static int64_t sys_rt_sigsuspend(const uint64_t arg[6]) {
  uint64_t mask;
  if (arg[1] != 8)
    return -EINVAL;
  if (copy_from_guest(&mask, arg[0], sizeof(mask)))
    return -EFAULT;
  uk_sigmask_temporary(mask);
  return wait_for_signal();
}

static int64_t sys_pause(const uint64_t arg[6]) {
  (void)arg;
  return wait_for_signal();
}

static int64_t sys_rt_sigtimedwait(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  uint64_t set, deadline = UINT64_MAX;
  siginfo_t info;
  if (arg[3] != 8)
    return -EINVAL;
  if (copy_from_guest(&set, arg[0], sizeof(set)))
    return -EFAULT;
  set &= ~SET_UNBLOCKABLE;
  if (arg[2]) {
    int64_t wait[2];
    if (copy_from_guest(wait, arg[2], sizeof(wait)))
      return -EFAULT;
    if (wait[0] < 0 || wait[1] < 0 || wait[1] >= 1000000000)
      return -EINVAL;
    if (wait[0] < 1000000000)
      deadline =
          uk_now_ns() + (uint64_t)wait[0] * 1000000000u + (uint64_t)wait[1];
  }
  /* A signal that is waited for does not interrupt. */
  uint64_t blocked = task->blocked;
  int sig, err = 0;
  task->blocked |= set;
  const void *pending[] = {&task->pending, &task->proc->pending};
  const struct uk_channels channels = {pending, 2, 2};
  while (!(sig = signal_dequeue(task, set, &info)) && !err)
    err = uk_sleep_any(&channels, deadline);
  task->blocked = blocked;
  if (!sig)
    return err == -ETIMEDOUT ? -EAGAIN : err;
  if (arg[1] && copy_to_guest(arg[1], &info, sizeof(info)))
    return -EFAULT;
  return sig;
}

static int64_t sys_rt_sigreturn(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  (void)arg;
  task->in_syscall = false; /* the frame has all registers */
  if (sigframe_return(task))
    proc_kill(task->proc, SIGSEGV);
  return 0;
}

static int64_t sys_sigaltstack(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  struct {
    uint64_t sp;
    int32_t flags, pad;
    uint64_t bytes;
  } stack, old = {task->alt_sp, task->alt_flags, 0, task->alt_bytes};
  uint64_t rsp = task_regs(task)->rsp;
  bool inside = task->alt_bytes && rsp > task->alt_sp &&
                rsp - task->alt_sp <= task->alt_bytes;
  if (!task->alt_bytes)
    old.flags |= SS_DISABLE;
  else if (inside)
    old.flags |= SS_ONSTACK;
  if (arg[0]) {
    if (copy_from_guest(&stack, arg[0], sizeof(stack)))
      return -EFAULT;
    uint32_t mode = (uint32_t)stack.flags & ~SS_AUTODISARM_FLAG;
    if (inside)
      return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
      return -EINVAL;
    if (mode != SS_DISABLE && stack.bytes < MIN_STACK)
      return -ENOMEM;
    bool on = mode != SS_DISABLE;
    task->alt_sp = on ? stack.sp : 0;
    task->alt_bytes = on ? stack.bytes : 0;
    task->alt_flags = (int)((uint32_t)stack.flags & SS_AUTODISARM_FLAG);
  }
  return arg[1] ? copy_to_guest(arg[1], &old, sizeof(old)) : 0;
}

/* ---- Sending ---------------------------------------------------------- */

static void from_current(siginfo_t *info, int sig, int code) {
  signal_info(info, sig, code);
  info->si_pid = uk_current()->proc->pid;
  info->si_uid = uk_current()->proc->ids[0];
}

static bool is_target(const struct uk_proc *proc, int pid) {
  const struct uk_proc *self = uk_current()->proc;
  if (pid > 0)
    return proc->pid == pid;
  if (pid == 0)
    return proc->pgrp == self->pgrp && !proc->zombie;
  if (pid == -1)
    return proc != self && proc != uk_init_proc && !proc->zombie;
  return proc->pgrp == -pid && !proc->zombie;
}

static int64_t sys_kill(const uint64_t arg[6]) {
  int pid = (int)arg[0], sig = (int)arg[1], found = 0;
  siginfo_t info;
  if (sig < 0 || sig > UK_NSIG)
    return -EINVAL;
  if (pid == INT32_MIN)
    return -ESRCH;
  from_current(&info, sig, SI_USER);
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next) {
    if (!is_target(proc, pid))
      continue;
    found++;
    if (sig)
      signal_proc(proc, &info);
  }
  return found ? 0 : -ESRCH;
}

static int64_t to_task(int pid, int tid, int sig, const siginfo_t *info) {
  if (tid <= 0 || sig < 0 || sig > UK_NSIG)
    return -EINVAL;
  struct uk_task *task = task_find(tid);
  if (!task || (pid > 0 && task->proc->pid != pid))
    return -ESRCH;
  if (sig)
    signal_task(task, info);
  return 0;
}

static int64_t sys_tgkill(const uint64_t arg[6]) {
  siginfo_t info;
  from_current(&info, (int)arg[2], SI_TKILL);
  if ((int)arg[0] <= 0)
    return -EINVAL;
  return to_task((int)arg[0], (int)arg[1], (int)arg[2], &info);
}

static int64_t sys_tkill(const uint64_t arg[6]) {
  siginfo_t info;
  from_current(&info, (int)arg[1], SI_TKILL);
  return to_task(0, (int)arg[0], (int)arg[1], &info);
}

/* The guest's own siginfo: not one that looks like the kernel's. */
static int queued_info(uint64_t addr, int sig, siginfo_t *info) {
  if (copy_from_guest(info, addr, sizeof(*info)))
    return -EFAULT;
  info->si_signo = sig;
  return info->si_code >= 0 || info->si_code == SI_TKILL ? -EPERM : 0;
}

static int64_t sys_rt_sigqueueinfo(const uint64_t arg[6]) {
  siginfo_t info;
  int sig = (int)arg[1], err = queued_info(arg[2], sig, &info);
  struct uk_proc *proc = uk_proc_find((int)arg[0]);
  if (err)
    return err;
  if (sig < 0 || sig > UK_NSIG)
    return -EINVAL;
  if (!proc)
    return -ESRCH;
  if (sig)
    signal_proc(proc, &info);
  return 0;
}

static int64_t sys_rt_tgsigqueueinfo(const uint64_t arg[6]) {
  siginfo_t info;
  int err = queued_info(arg[3], (int)arg[2], &info);
  if (err)
    return err;
  return to_task((int)arg[0], (int)arg[1], (int)arg[2], &info);
}

const struct uk_process_row uk_syscalls_signal[] = {
    {13, {"rt_sigaction", sys_rt_sigaction}},
    {14, {"rt_sigprocmask", sys_rt_sigprocmask}},
    {15, {"rt_sigreturn", sys_rt_sigreturn}},
    {34, {"pause", sys_pause}},
    {62, {"kill", sys_kill}},
    {127, {"rt_sigpending", sys_rt_sigpending}},
    {128, {"rt_sigtimedwait", sys_rt_sigtimedwait}},
    {129, {"rt_sigqueueinfo", sys_rt_sigqueueinfo}},
    {130, {"rt_sigsuspend", sys_rt_sigsuspend}},
    {131, {"sigaltstack", sys_sigaltstack}},
    {200, {"tkill", sys_tkill}},
    {234, {"tgkill", sys_tgkill}},
    {297, {"rt_tgsigqueueinfo", sys_rt_tgsigqueueinfo}},
    {0, {NULL, NULL}},
};
