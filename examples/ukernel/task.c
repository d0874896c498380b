/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * task.c - life of tasks and processes, and the loop that runs a guest thread
 */
#define _GNU_SOURCE
#include "guard.h"
#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MAX_TASKS 1024
#define HOST_STACK (1u << 20)

struct uk_proc *uk_procs, *uk_init_proc;
static int last_pid = 1, n_tasks;

struct uk_proc *uk_task_proc(struct uk_task *task) {
  return task->proc;
}
struct kcov8_task *uk_task_kcov(struct uk_task *task) {
  return &task->kcov;
}
int uk_task_tid(struct uk_task *task) { return task->tid; }
int uk_proc_pid(struct uk_proc *proc) { return proc->pid; }
int task_count(void) { return n_tasks; }
struct uk_files *uk_proc_files(struct uk_proc *proc) {
  return proc->files;
}

struct uk_where *uk_task_where(struct uk_task *task) {
  return task->where;
}

struct uk_where *uk_proc_where(struct uk_proc *proc) {
  struct uk_task *leader = proc_leader(proc);
  return leader ? leader->where : NULL;
}

void uk_set_where(struct uk_where *where) {
  uk_where_put(uk_current()->where);
  uk_current()->where = where;
}

void uk_each_where(void (*fn)(struct uk_where *where, const void *arg),
                   const void *arg) {
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    for (struct uk_task *task = proc->tasks; task; task = task->next)
      if (task->where)
        fn(task->where, arg);
}

int uk_new_pid(void) {
  do
    last_pid = last_pid < 0x3fffff ? last_pid + 1 : 2;
  while (task_find(last_pid) || uk_proc_find(last_pid));
  return last_pid;
}

struct uk_task *task_find(int tid) {
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    for (struct uk_task *task = proc->tasks; task; task = task->next)
      if (task->tid == tid)
        return task;
  return NULL;
}

struct uk_task *proc_leader(struct uk_proc *proc) {
  for (struct uk_task *task = proc->tasks; task; task = task->next)
    if (task->tid == proc->pid)
      return task;
  return proc->tasks;
}

/* ---- Start ------------------------------------------------------------ */

struct uk_proc *proc_new(struct uk_proc *parent) {
  struct uk_proc *proc = calloc(1, sizeof(*proc));
  if (!proc)
    return NULL;
  proc->pid = uk_new_pid();
  proc->pgrp = proc->session = proc->pid;
  proc->stack_limit = 8u << 20;
  proc->start_ns = uk_now_ns();
  if (parent) {
    proc->parent = parent;
    proc->pgrp = parent->pgrp;
    proc->session = parent->session;
    memcpy(proc->action, parent->action, sizeof(proc->action));
    memcpy(proc->ids, parent->ids, sizeof(proc->ids));
    proc->caps = parent->caps;
    proc->stack_limit = parent->stack_limit;
    proc->image = parent->image;
    if (proc->image)
      proc->image->refs++;
    proc->exe = parent->exe ? strdup(parent->exe) : NULL;
    proc->cmdline = malloc(parent->cmdline_bytes + 1);
    if (proc->cmdline && parent->cmdline) {
      memcpy(proc->cmdline, parent->cmdline, parent->cmdline_bytes);
      proc->cmdline_bytes = parent->cmdline_bytes;
    }
  }
  struct uk_proc **link = &uk_procs;
  while (*link && (*link)->pid < proc->pid)
    link = &(*link)->next;
  proc->next = *link;
  *link = proc;
  return proc;
}

void proc_free(struct uk_proc *proc) {
  struct uk_proc **link = &uk_procs;
  while (*link != proc)
    link = &(*link)->next;
  *link = proc->next;
  uk_wakeup(proc); /* others that wait for it: there is none any more */
  pending_clear(&proc->pending);
  image_put(proc->image);
  free(proc->exe);
  free(proc->cmdline);
  free(proc);
}

struct uk_task *task_new(struct uk_proc *proc, struct uk_mm *mm, int tid) {
  if (n_tasks >= MAX_TASKS || uk_charge(UK_COST_TASK))
    return NULL;
  struct uk_task *task = calloc(1, sizeof(*task));
  if (!task || (mm && cpu_save_new(mm->cpu, &task->save))) {
    free(task);
    uk_uncharge(UK_COST_TASK);
    return NULL;
  }
  if (mm)
    mm_get(mm);
  task->mm = mm;
  task->proc = proc;
  task->tid = tid;
  kcov8_task_init(&task->kcov);
  sleeper_init(&task->sleeper);
  struct uk_task **link = &proc->tasks;
  while (*link)
    link = &(*link)->next;
  *link = task;
  proc->n_tasks++;
  n_tasks++;
  return task;
}

static void task_unlink(struct uk_task *task) {
  struct uk_task **link = &task->proc->tasks;
  while (*link != task)
    link = &(*link)->next;
  *link = task->next;
  task->proc->n_tasks--;
  n_tasks--;
  uk_uncharge(UK_COST_TASK);
}

void task_free_unstarted(struct uk_task *task) {
  kcov8_task_exit(&task->kcov);
  task_unlink(task);
  cpu_save_free(task->save);
  mm_put(task->mm);
  uk_where_put(task->where);
  free(task);
}

/* ---- The loop of a guest thread --------------------------------------- */

struct uk_regs *task_regs(struct uk_task *task) {
  sched_enter(task);
  cpu_get_regs(task->mm->cpu, &task->regs);
  cpu_get_fx(task->mm->cpu, task->fx);
  task->fresh = true; /* what the caller changes goes back */
  return &task->regs;
}

static void fault(struct uk_task *task, const struct uk_stop *stop) {
  siginfo_t info;
  signal_info(&info, stop->sig, stop->code);
  info.si_addr = (void *)(uintptr_t)stop->addr;
  /* Memory that is mapped, but not so: what the CPU cannot tell. */
  const struct uk_region *region = mm_find(task->mm, stop->addr);
  if (stop->sig == SIGSEGV && stop->code == SEGV_MAPERR && region) {
    info.si_code = SEGV_ACCERR;
    if (region->gone && region->prot != PROT_NONE) {
      info.si_signo = SIGBUS;
      info.si_code = BUS_ADRERR;
    }
  }
  if (uk_verbose) {
    struct uk_regs *regs = task_regs(task);
    fprintf(stderr, "ukernel: [%d] %s at rip %#lx, address %#lx\n", task->tid,
            strsignal(info.si_signo), (unsigned long)regs->rip,
            (unsigned long)stop->addr);
  }
  signal_force(task, &info);
}

/* The CPU crashed, of what the guest executes: the others do not notice. */
static void replace_cpu(struct uk_task *task) {
  bool crashed = cpu_is_dead(task->mm->cpu);
  int err = mm_replace_cpu(task->mm, signal_wants_precise(task->proc));
  if (uk_verbose && (crashed || err))
    fprintf(stderr, "ukernel: [%d] the CPU crashed%s\n", task->tid,
            err ? ", and there is no new one" : "");
  if (err)
    proc_kill(task->proc, SIGILL);
}

static void *task_main(void *arg) {
  struct uk_task *task = arg;
  struct uk_stop stop;
  uint8_t guard_stack[GUARD_STACK];
  guard_thread(guard_stack);
  sched_set_current(task);
  sched_lock();
  for (;;) {
    /* Not at the end of a time slice: the guest's kcov would show it. */
    if (task->in_syscall || signal_waiting(task))
      signal_deliver(task);
    sched_enter(task);
    if (signal_waiting(task))
      continue;
    if (task->in_syscall) {
      cpu_syscall_result(task->mm->cpu, (uint64_t)task->result);
      task->in_syscall = false;
    }
    kcov8_syscall_return(&task->kcov);
    sched_run(task, &stop);
    /* One that has translated too much is as good as one that crashed. */
    if (cpu_is_dead(task->mm->cpu) ||
        (stop.kind == UK_STOP_KICK && sched_charge_code(task)))
      replace_cpu(task);
    if (stop.kind == UK_STOP_SYSCALL)
      syscall_dispatch(task);
    else if (stop.kind == UK_STOP_FAULT)
      fault(task, &stop);
  }
  return NULL;
}

int task_start(struct uk_task *task) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attr, HOST_STACK);
  int err = pthread_create(&task->host, &attr, task_main, task);
  pthread_attr_destroy(&attr);
  return -err;
}

/* ---- End -------------------------------------------------------------- */

static uint64_t task_cpu_ns(struct uk_task *task) {
  clockid_t clock;
  struct timespec now;
  if (pthread_getcpuclockid(task->host, &clock) || clock_gettime(clock, &now))
    return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t proc_cpu_ns(struct uk_proc *proc) {
  uint64_t sum = proc->cpu_ns;
  for (struct uk_task *task = proc->tasks; task; task = task->next)
    sum += task_cpu_ns(task);
  return sum;
}

void proc_kill(struct uk_proc *proc, int status) {
  if (!proc->exiting) {
    proc->exiting = true;
    proc->exit_status = status;
  }
  for (struct uk_task *task = proc->tasks; task; task = task->next)
    sched_kick(task);
}

void proc_kill_others(struct uk_task *task) {
  struct uk_proc *proc = task->proc;
  for (struct uk_task *other = proc->tasks; other; other = other->next) {
    if (other == task)
      continue;
    other->killed = true;
    sched_kick(other);
  }
  while (proc->n_tasks > 1) {
    if (task->killed || proc->exiting)
      task_exit(task);
    sched_wait(task, &proc->n_tasks);
  }
  task->tid = proc->pid;
}

/* Wakes who waits for what happens to it. */
void proc_changed(struct uk_proc *proc) {
  uk_wakeup(proc);
  if (proc->parent)
    uk_wakeup(&proc->parent->any_child);
}

void task_vfork_done(struct uk_task *task) {
  if (!task->vfork_parent)
    return;
  task->vfork_parent->vfork_waiting = false;
  uk_wakeup(&task->vfork_parent->vfork_waiting);
  task->vfork_parent = NULL;
}

/* Nobody is to write to a task that is gone. */
static void forget_vfork_parent(struct uk_task *gone) {
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    for (struct uk_task *task = proc->tasks; task; task = task->next)
      if (task->vfork_parent == gone)
        task->vfork_parent = NULL;
}

static void notify_parent(struct uk_proc *proc) {
  struct uk_proc *parent = proc->parent;
  const struct uk_sigaction *action = &parent->action[SIGCHLD];
  bool unwanted = action->handler == (uint64_t)(uintptr_t)SIG_IGN ||
                  (action->flags & SA_NOCLDWAIT);
  if (proc->exit_signal > 0) {
    siginfo_t info;
    int status = proc->exit_status;
    signal_info(&info, proc->exit_signal,
                status & 0x7f ? CLD_KILLED : CLD_EXITED);
    info.si_pid = proc->pid;
    info.si_uid = proc->ids[0];
    info.si_status = status & 0x7f ? status & 0x7f : (status >> 8) & 0xff;
    signal_proc(parent, &info);
  }
  if (unwanted && proc->exit_signal == SIGCHLD) {
    parent->child_cpu_ns += proc->cpu_ns + proc->child_cpu_ns;
    proc_free(proc);
  }
}

static void proc_exit(struct uk_proc *proc) {
  bool is_first = !proc->parent && proc == uk_init_proc;
  proc->zombie = true;
  proc->alarm_ns = 0;
  for (struct uk_proc *child = uk_procs, *next; child; child = next) {
    next = child->next;
    if (child->parent != proc)
      continue;
    child->parent = NULL;
    if (child->zombie)
      proc_free(child);
  }
  proc_changed(proc);
  if (proc->parent)
    notify_parent(proc);
  else if (!is_first)
    proc_free(proc);
}

void task_exit(struct uk_task *task) {
  struct uk_proc *proc = task->proc;
  kcov8_task_exit(&task->kcov);
  if (task->mm)
    futex_exit(task); /* waits for the turn: others may exit meanwhile */
  bool last = proc->n_tasks == 1;
  task_vfork_done(task);
  forget_vfork_parent(task);
  if (last) {
    uk_files_free(proc->files);
    proc->files = NULL;
  }
  uk_where_put(task->where);
  task->where = NULL;
  proc->cpu_ns += task_cpu_ns(task);
  if (task->mm) {
    sched_release(task);
    if (task->mm->loaded == task)
      task->mm->loaded = NULL;
    mm_put(task->mm);
  }
  cpu_save_free(task->save);
  pending_clear(&task->pending);
  task_unlink(task);
  uk_wakeup(&proc->n_tasks);
  uk_wakeup(&uk_procs); /* the main thread */
  if (last)
    proc_exit(proc);
  sched_set_current(NULL);
  sleeper_end(&task->sleeper);
  free(task);
  sched_unlock();
  guard_thread_end();
  pthread_exit(NULL);
}
