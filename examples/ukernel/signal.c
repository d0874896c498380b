/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * signal.c - sending signals, and acting on them before the guest runs again
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define MAX_QUEUED 1024
#define HANDLER(h) ((uint64_t)(uintptr_t)(h))
#define SET_IGNORED                                                            \
  (SIG_BIT(SIGCHLD) | SIG_BIT(SIGCONT) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH))
#define SET_STOPS                                                              \
  (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define SET_UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define SET_FAULTS                                                             \
  (SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) |   \
   SIG_BIT(SIGFPE))

void signal_info(siginfo_t *info, int sig, int code) {
  memset(info, 0, sizeof(*info));
  info->si_signo = sig;
  info->si_code = code;
}

/* ---- Pending ---------------------------------------------------------- */

static void pending_drop(struct uk_pending *pending, uint64_t set) {
  struct uk_sigqueue **link = &pending->first;
  while (*link) {
    struct uk_sigqueue *item = *link;
    if (SIG_BIT(item->info.si_signo) & set) {
      *link = item->next;
      pending->queued--;
      free(item);
    } else {
      link = &item->next;
    }
  }
  pending->set &= ~set;
}

void pending_clear(struct uk_pending *pending) { pending_drop(pending, ~0ull); }

static void pending_add(struct uk_pending *pending, const siginfo_t *info) {
  int sig = info->si_signo;
  if (sig < 32 && (pending->set & SIG_BIT(sig)))
    return; /* standard signals do not queue */
  pending->set |= SIG_BIT(sig);
  struct uk_sigqueue *item =
      pending->queued < MAX_QUEUED ? calloc(1, sizeof(*item)) : NULL;
  if (!item)
    return; /* pending without details */
  item->info = *info;
  struct uk_sigqueue **link = &pending->first;
  while (*link)
    link = &(*link)->next;
  *link = item;
  pending->queued++;
}

/* The lowest signal of @set first; faults before all others. */
static int lowest(uint64_t set) {
  if (set & SET_FAULTS)
    set &= SET_FAULTS;
  return __builtin_ctzll(set) + 1;
}

static int pending_take(struct uk_pending *pending, uint64_t set,
                        siginfo_t *info) {
  set &= pending->set;
  if (!set)
    return 0;
  int sig = lowest(set);
  bool found = false, more = false;
  signal_info(info, sig, SI_USER);
  for (struct uk_sigqueue **link = &pending->first; *link && !more;) {
    struct uk_sigqueue *item = *link;
    if (item->info.si_signo != sig) {
      link = &item->next;
    } else if (found) {
      more = true;
    } else {
      *info = item->info;
      found = true;
      *link = item->next;
      pending->queued--;
      free(item);
    }
  }
  if (!more)
    pending->set &= ~SIG_BIT(sig);
  return sig;
}

int signal_dequeue(struct uk_task *task, uint64_t set, siginfo_t *info) {
  int sig = pending_take(&task->pending, set, info);
  return sig ? sig : pending_take(&task->proc->pending, set, info);
}

bool signal_waiting(struct uk_task *task) {
  struct uk_proc *proc = task->proc;
  return task->killed || proc->exiting || proc->stopped ||
         ((task->pending.set | proc->pending.set) & ~task->blocked);
}

/* ---- Sending ---------------------------------------------------------- */

static bool is_ignored(const struct uk_proc *proc, int sig) {
  uint64_t handler = proc->action[sig].handler;
  return handler == HANDLER(SIG_IGN) ||
         (handler == HANDLER(SIG_DFL) && (SIG_BIT(sig) & SET_IGNORED));
}

/* Those that can act on it, and those that wait for it (sigtimedwait). */
static void wake_all(struct uk_proc *proc, const struct uk_pending *pending) {
  for (struct uk_task *task = proc->tasks; task; task = task->next)
    if (signal_waiting(task))
      sched_kick(task);
  uk_wakeup(pending);
}

static void tell_parent(struct uk_proc *proc, int code, int status) {
  struct uk_proc *parent = proc->parent;
  siginfo_t info;
  if (!parent || (parent->action[SIGCHLD].flags & SA_NOCLDSTOP))
    return;
  signal_info(&info, SIGCHLD, code);
  info.si_pid = proc->pid;
  info.si_uid = proc->ids[0];
  info.si_status = status;
  signal_proc(parent, &info);
}

/* What a signal does the moment it is sent. False: nothing is left to do. */
static bool at_once(struct uk_proc *proc, struct uk_task *task, int sig) {
  if (proc->zombie || proc->exiting)
    return false;
  if (sig == SIGKILL) {
    proc_kill(proc, SIGKILL);
    return false;
  }
  if (SIG_BIT(sig) & SET_STOPS)
    pending_drop(&proc->pending, SIG_BIT(SIGCONT));
  if (sig == SIGCONT) {
    pending_drop(&proc->pending, SET_STOPS);
    for (struct uk_task *each = proc->tasks; each; each = each->next)
      pending_drop(&each->pending, SET_STOPS);
    if (proc->stopped) {
      proc->stopped = false;
      proc->continued = true;
      tell_parent(proc, CLD_CONTINUED, SIGCONT);
      proc_changed(proc);
      for (struct uk_task *each = proc->tasks; each; each = each->next)
        sched_kick(each);
    }
  }
  if (!is_ignored(proc, sig))
    return true;
  /* An ignored signal is lost, unless somebody may wait for it. */
  uint64_t blocked = 0;
  for (struct uk_task *each = proc->tasks; each; each = each->next)
    if (!task || each == task)
      blocked |= each->blocked;
  return blocked & SIG_BIT(sig);
}

void signal_proc(struct uk_proc *proc, const siginfo_t *info) {
  if (!at_once(proc, NULL, info->si_signo))
    return;
  pending_add(&proc->pending, info);
  wake_all(proc, &proc->pending);
}

void signal_task(struct uk_task *task, const siginfo_t *info) {
  if (!at_once(task->proc, task, info->si_signo))
    return;
  pending_add(&task->pending, info);
  wake_all(task->proc, &task->pending);
}

void signal_force(struct uk_task *task, const siginfo_t *info) {
  int sig = info->si_signo;
  struct uk_sigaction *action = &task->proc->action[sig];
  if ((task->blocked & SIG_BIT(sig)) || action->handler == HANDLER(SIG_IGN)) {
    action->handler = HANDLER(SIG_DFL);
    task->blocked &= ~SIG_BIT(sig);
  }
  pending_add(&task->pending, info);
}

int uk_send_signal(struct uk_proc *proc, int sig) {
  siginfo_t info;
  if (sig < 1 || sig > UK_NSIG)
    return -EINVAL;
  signal_info(&info, sig, SI_USER);
  if (uk_current()) {
    info.si_pid = uk_current()->proc->pid;
    info.si_uid = uk_current()->proc->ids[0];
  }
  /* SIGPIPE is the writing thread's own. */
  if (sig == SIGPIPE && uk_current() && uk_current()->proc == proc)
    signal_task(uk_current(), &info);
  else
    signal_proc(proc, &info);
  return 0;
}

/* ---- Masks ------------------------------------------------------------ */

void signal_set_mask(struct uk_task *task, uint64_t mask) {
  task->blocked = mask & ~SET_UNBLOCKABLE;
}

void uk_sigmask_temporary(uint64_t mask) {
  struct uk_task *task = uk_current();
  if (!task->restore_blocked)
    task->saved_blocked = task->blocked;
  task->restore_blocked = true;
  signal_set_mask(task, mask);
}

bool signal_wants_precise(const struct uk_proc *proc) {
  return proc->action[SIGSEGV].handler > 1 || proc->action[SIGBUS].handler > 1;
}

void signal_exec(struct uk_proc *proc) {
  for (int sig = 1; sig <= UK_NSIG; sig++) {
    struct uk_sigaction *action = &proc->action[sig];
    uint64_t handler = action->handler;
    memset(action, 0, sizeof(*action));
    if (handler == HANDLER(SIG_IGN))
      action->handler = handler;
  }
}

/* ---- Delivery --------------------------------------------------------- */

static void stop(struct uk_task *task, int sig) {
  struct uk_proc *proc = task->proc;
  if (!proc->stopped) {
    proc->stopped = true;
    proc->stop_reported = proc->continued = false;
    proc->stop_signal = sig;
    for (struct uk_task *other = proc->tasks; other; other = other->next)
      sched_kick(other);
    tell_parent(proc, CLD_STOPPED, sig);
    proc_changed(proc);
  }
}

static void wait_while_stopped(struct uk_task *task) {
  while (task->proc->stopped && !task->proc->exiting && !task->killed)
    sched_wait(task, NULL);
  if (task->killed || task->proc->exiting)
    task_exit(task);
}

/* The system call's result, now that it is known whether a handler runs. */
static void finish_syscall(struct uk_task *task, bool restart) {
  if (!task->in_syscall)
    return;
  struct uk_regs *regs = task_regs(task);
  if (restart) {
    regs->rax = task->nr;
    regs->rip -= 2;
  } else {
    regs->rax = (uint64_t)task->result;
    regs->rcx = regs->rip;
    regs->r11 = regs->rflags;
  }
  task->in_syscall = false;
}

static void run_handler(struct uk_task *task, const siginfo_t *info) {
  struct uk_sigaction *slot = &task->proc->action[info->si_signo];
  struct uk_sigaction action = *slot;
  uint64_t mask = task->restore_blocked ? task->saved_blocked : task->blocked;
  finish_syscall(task, task->in_syscall && task->result == -EINTR &&
                           (action.flags & SA_RESTART) &&
                           syscall_restarts(task->nr, true));
  task->restore_blocked = false;
  if (action.flags & SA_RESETHAND)
    slot->handler = HANDLER(SIG_DFL);
  if (sigframe_push(task, &action, info, mask)) {
    /* No stack to run it on. */
    proc_kill(task->proc, SIGSEGV);
    return;
  }
  signal_set_mask(
      task, task->blocked | action.mask |
                (action.flags & SA_NODEFER ? 0 : SIG_BIT(info->si_signo)));
}

static void act(struct uk_task *task, const siginfo_t *info) {
  int sig = info->si_signo;
  struct uk_sigaction *action = &task->proc->action[sig];
  if (uk_strace)
    strace_signal(task, info);
  if (is_ignored(task->proc, sig))
    return;
  if (action->handler != HANDLER(SIG_DFL))
    run_handler(task, info);
  else if (SIG_BIT(sig) & SET_STOPS)
    stop(task, sig);
  else
    proc_kill(task->proc, sig);
}

void signal_deliver(struct uk_task *task) {
  siginfo_t info;
  while (signal_waiting(task)) {
    if (task->killed || task->proc->exiting)
      task_exit(task);
    if (task->proc->stopped)
      wait_while_stopped(task);
    else if (signal_dequeue(task, ~task->blocked, &info))
      act(task, &info);
  }
  if (task->restore_blocked) { /* no handler ran */
    task->restore_blocked = false;
    task->blocked = task->saved_blocked;
  }
  if (task->in_syscall && task->result == -EINTR)
    finish_syscall(task, syscall_restarts(task->nr, false));
}
