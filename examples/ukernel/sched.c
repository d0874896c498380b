/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sched.c - the kernel lock, and whose turn it is on a CPU
 *
 * Each address space has one engine, and the tasks in it take turns. Address
 * spaces with shared memory share one global turn: the engines do atomic
 * instructions with plain loads and stores, so that two of them must not run
 * guest code on the same memory at a time. A turn is handed on in the order of
 * asking, when its owner sleeps or its time slice ends. A ticker thread stops
 * owners whose slice is over, repeats kicks that got lost, and runs alarms.
 *
 * Who holds the kernel lock for minutes hangs: a watchdog ends it, with a
 * report that shows where it was.
 *
 * Rule: an engine is touched with the kernel lock held while none of its tasks
 * is in guest code; sched_enter() ensures that for the current task's engine.
 */
#define _GNU_SOURCE
#include "crash.h"
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS 4000000ull
#define TICK_NS 1000000ull
#define HANG_S 90 /* twice: the first may be a machine that was suspended */

struct uk_turn {
  struct uk_turn *next;
  struct uk_task *owner;
  struct uk_task *first; /* waiting, in order */
  pthread_cond_t changed;
};

static pthread_mutex_t kernel_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int holder;         /* thread that got the lock last */
static atomic_ulong n_taken;      /* how often it was taken; wraps */
static _Thread_local int own_tid; /* 0: not asked for yet */
static pthread_cond_t ticker_wakeup;
static struct uk_turn shared_turn, *turns;
static _Thread_local struct uk_task *current;

struct uk_task *uk_current(void) {
  return current;
}
void sched_set_current(struct uk_task *task) {
  current = task;
  kcov8_task_set_current(task ? &task->kcov : NULL);
}

/* After the lock was taken. For the watchdog only. */
static void locked(void) {
  if (!own_tid)
    own_tid = gettid();
  unsigned long n = atomic_load_explicit(&n_taken, memory_order_relaxed);
  atomic_store_explicit(&holder, own_tid, memory_order_relaxed);
  atomic_store_explicit(&n_taken, n + 1, memory_order_relaxed);
}

void sched_lock(void) {
  pthread_mutex_lock(&kernel_lock);
  locked();
}
void sched_unlock(void) { pthread_mutex_unlock(&kernel_lock); }

uint64_t uk_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int sched_wait_on(pthread_cond_t *cond, uint64_t deadline_ns) {
  if (deadline_ns == UINT64_MAX) {
    pthread_cond_wait(cond, &kernel_lock);
    locked();
    return 0;
  }
  struct timespec until = {(time_t)(deadline_ns / 1000000000u),
                           (long)(deadline_ns % 1000000000u)};
  int err = -pthread_cond_timedwait(cond, &kernel_lock, &until);
  locked();
  return err;
}

/* ---- Turns ------------------------------------------------------------ */

int sched_turn_new(struct uk_mm *mm) {
  struct uk_turn *turn = calloc(1, sizeof(*turn));
  if (!turn)
    return -ENOMEM;
  pthread_cond_init(&turn->changed, NULL);
  turn->next = turns;
  turns = turn;
  mm->turn = turn;
  return 0;
}

static void turn_drop(struct uk_turn *turn) {
  struct uk_turn **link = &turns;
  while (*link != turn)
    link = &(*link)->next;
  *link = turn->next;
  pthread_cond_destroy(&turn->changed);
  free(turn);
}

void sched_turn_free(struct uk_mm *mm) {
  if (mm->turn && mm->turn != &shared_turn)
    turn_drop(mm->turn);
  mm->turn = NULL;
}

/*
 * The tasks of @mm that wait for the old turn notice that it is not theirs any
 * more. The old turn stays in the list, unused, until they are gone: it is not
 * freed, as that happens once per address space at most.
 */
void sched_share_memory(struct uk_mm *mm) {
  struct uk_turn *old = mm->turn;
  if (old == &shared_turn)
    return;
  mm->turn = &shared_turn;
  if (old->owner && old->owner->mm == mm)
    old->owner = NULL;
  if (old->first)
    pthread_cond_broadcast(&old->changed);
  else
    turn_drop(old);
}

static void queue_add(struct uk_turn *turn, struct uk_task *task) {
  struct uk_task **link = &turn->first;
  while (*link)
    link = &(*link)->turn_next;
  *link = task;
  task->turn_next = NULL;
}

static void queue_remove(struct uk_turn *turn, struct uk_task *task) {
  struct uk_task **link = &turn->first;
  while (*link != task)
    link = &(*link)->turn_next;
  *link = task->turn_next;
}

bool sched_has_turn(struct uk_task *task) {
  return task->mm->turn->owner == task;
}

static void turn_get(struct uk_task *task) {
  struct uk_turn *turn = task->mm->turn;
  if (!turn->owner && !turn->first) {
    turn->owner = task;
    return;
  }
  queue_add(turn, task);
  pthread_cond_signal(&ticker_wakeup);
  for (;;) {
    if (task->mm->turn != turn) { /* the memory became shared */
      queue_remove(turn, task);
      if (!turn->first)
        turn_drop(turn);
      turn_get(task);
      return;
    }
    if (!turn->owner && turn->first == task)
      break;
    pthread_cond_wait(&turn->changed, &kernel_lock);
    locked();
  }
  queue_remove(turn, task);
  turn->owner = task;
}

void sched_enter(struct uk_task *task) {
  struct uk_mm *mm = task->mm;
  struct uk_turn *turn = mm->turn;
  if (turn->owner == task && turn->first && uk_now_ns() >= task->slice_end_ns)
    sched_release(task);
  if (mm->turn->owner != task) {
    turn_get(task);
    task->slice_end_ns = uk_now_ns() + SLICE_NS;
  }
  if (mm->loaded != task) {
    if (mm->loaded) {
      cpu_store(mm->cpu, mm->loaded->save);
      mm->loaded->saved = true;
    }
    if (task->saved)
      cpu_load(mm->cpu, task->save);
    mm->loaded = task;
  }
  if (task->fresh) {
    cpu_set_regs(mm->cpu, &task->regs);
    cpu_set_fx(mm->cpu, task->fx);
    task->fresh = false;
  }
}

void sched_release(struct uk_task *task) {
  struct uk_turn *turn = task->mm->turn;
  if (turn->owner != task)
    return;
  turn->owner = NULL;
  if (turn->first)
    pthread_cond_broadcast(&turn->changed);
}

void sched_run(struct uk_task *task, struct uk_stop *stop) {
  struct uk_cpu *cpu = task->mm->cpu;
  if (task->mm->n_written_code)
    mm_forget_written_code(task->mm);
  task->in_guest = true;
  pthread_mutex_unlock(&kernel_lock);
  cpu_run(cpu, stop);
  sched_lock();
  task->in_guest = false;
  task->kicked = false;
}

/* It depends on other guests, too, when this is asked: kcov does not show it.
 */
int sched_charge_code(struct uk_task *task) {
  kcov8_task_set_current(NULL);
  int err = mm_charge_code(task->mm);
  kcov8_task_set_current(&task->kcov);
  return err;
}

void sched_kick(struct uk_task *task) {
  if (!task->in_guest) {
    sleeper_wake(&task->sleeper);
    return;
  }
  task->kicked = true;
  cpu_kick(task->mm->cpu);
  pthread_cond_signal(&ticker_wakeup);
}

/* ---- Ticker ----------------------------------------------------------- */

/* Returns whether to look again after a tick. */
static bool tick_turn(struct uk_turn *turn, uint64_t now) {
  struct uk_task *owner = turn->owner;
  if (!owner || !owner->in_guest)
    return turn->first != NULL;
  if (owner->kicked || (turn->first && now >= owner->slice_end_ns))
    cpu_kick(owner->mm->cpu);
  return owner->kicked || turn->first;
}

static struct kcov8_task ticker_kcov;

/* Background work: its coverage is for whoever the alarm's setter belongs to.
 */
static void ring(struct uk_proc *proc) {
  siginfo_t info;
  kcov8_remote_start(uk_kcov_device, &ticker_kcov, proc->alarm_kcov);
  signal_info(&info, SIGALRM, SI_KERNEL);
  signal_proc(proc, &info);
  kcov8_remote_stop(&ticker_kcov);
}

/* Returns the earliest alarm to come. */
static uint64_t tick_alarms(uint64_t now) {
  uint64_t next = UINT64_MAX;
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next) {
    if (proc->alarm_ns && now >= proc->alarm_ns) {
      ring(proc);
      proc->alarm_ns =
          proc->alarm_interval_ns ? now + proc->alarm_interval_ns : 0;
    }
    if (proc->alarm_ns && proc->alarm_ns < next)
      next = proc->alarm_ns;
  }
  return next;
}

static void *ticker(void *unused) {
  (void)unused;
  kcov8_task_init(&ticker_kcov);
  kcov8_task_set_current(&ticker_kcov);
  sched_lock();
  for (;;) {
    uint64_t now = uk_now_ns(), next = tick_alarms(now);
    bool again = tick_turn(&shared_turn, now);
    for (struct uk_turn *turn = turns; turn; turn = turn->next)
      again |= tick_turn(turn, now);
    if (again && next > now + TICK_NS)
      next = now + TICK_NS;
    sched_wait_on(&ticker_wakeup, next);
  }
  return NULL;
}

/* ---- Watchdog --------------------------------------------------------- */

/* Whether the lock is held by who held it a while ago. */
static bool hangs(unsigned long before) {
  if (atomic_load_explicit(&n_taken, memory_order_relaxed) != before)
    return false;
  if (pthread_mutex_trylock(&kernel_lock))
    return true;
  pthread_mutex_unlock(&kernel_lock);
  return false;
}

static void *watchdog(void *unused) {
  const struct timespec pause = {HANG_S, 0};
  (void)unused;
  for (int times = 0; times < 2;) {
    unsigned long before = atomic_load_explicit(&n_taken, memory_order_relaxed);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    times = hangs(before) ? times + 1 : 0;
  }
  crash_reason("kernel lock not released");
  if (tgkill(getpid(), atomic_load(&holder), SIGABRT))
    abort(); /* the thread ended with the lock */
  return NULL;
}

/* ------------------------------------------------------------------------ */

void sched_timer_changed(void) { pthread_cond_signal(&ticker_wakeup); }

void sched_init(void) {
  pthread_condattr_t attr;
  pthread_t thread;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&ticker_wakeup, &attr);
  pthread_cond_init(&shared_turn.changed, NULL);
  pthread_condattr_destroy(&attr);
  if (!pthread_create(&thread, NULL, ticker, NULL))
    pthread_detach(thread);
  if (!pthread_create(&thread, NULL, watchdog, NULL))
    pthread_detach(thread);
}
