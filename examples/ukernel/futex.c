/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * futex.c - fast user-space locks
 *
 * A futex is named by the host address behind the guest's: the same for all
 * processes that share the memory, different for those that do not. Robust
 * lists are walked at exit; priority inheritance is not there.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <time.h>

#define ROBUST_LIMIT 2048

struct waiter {
  struct waiter *next;
  const uint8_t *key;
  uint32_t bitset;
  bool woken;
};

static struct waiter *waiters;

static int futex_key(struct uk_mm *mm, uint64_t addr, const uint8_t **key) {
  if (addr % 4)
    return -EINVAL;
  *key = mm_host(mm, addr, 4, PROT_READ);
  return *key ? 0 : -EFAULT;
}

static void unqueue(struct waiter *waiter) {
  struct waiter **link = &waiters;
  while (*link != waiter)
    link = &(*link)->next;
  *link = waiter->next;
}

/* At the end: first come, first served. */
static void queue(struct waiter *waiter) {
  struct waiter **link = &waiters;
  while (*link)
    link = &(*link)->next;
  waiter->next = NULL;
  *link = waiter;
}

static int wake_key(const uint8_t *key, int count, uint32_t bitset) {
  int woken = 0;
  for (struct waiter **link = &waiters; *link && woken < count;) {
    struct waiter *waiter = *link;
    if (waiter->key == key && (waiter->bitset & bitset)) {
      *link = waiter->next;
      waiter->woken = true;
      uk_wakeup(waiter);
      woken++;
    } else {
      link = &waiter->next;
    }
  }
  return woken;
}

int futex_wake(struct uk_mm *mm, uint64_t addr, int count) {
  const uint8_t *key;
  int err = futex_key(mm, addr, &key);
  return err ? err : wake_key(key, count, ~0u);
}

static int64_t futex_wait(uint64_t addr, uint32_t expected, uint64_t deadline,
                          uint32_t bitset) {
  struct waiter waiter = {.bitset = bitset};
  uint32_t value;
  int err = futex_key(uk_current()->mm, addr, &waiter.key);
  if (!bitset)
    return -EINVAL;
  if (err)
    return err;
  err = copy_from_guest(&value, addr, sizeof(value));
  if (err)
    return err;
  if (value != expected)
    return -EAGAIN;
  queue(&waiter);
  while (!waiter.woken && !err)
    err = uk_sleep(&waiter, deadline);
  if (waiter.woken)
    return 0;
  unqueue(&waiter);
  return err;
}

static int64_t futex_requeue(uint64_t from_addr, uint64_t to_addr, int n_wake,
                             int n_move, const uint32_t *expected) {
  const uint8_t *from, *to;
  uint32_t value;
  if (n_wake < 0 || n_move < 0)
    return -EINVAL;
  int err = futex_key(uk_current()->mm, from_addr, &from);
  if (!err)
    err = futex_key(uk_current()->mm, to_addr, &to);
  if (!err && expected)
    err = copy_from_guest(&value, from_addr, sizeof(value));
  if (err)
    return err;
  if (expected && value != *expected)
    return -EAGAIN;
  int done = wake_key(from, n_wake, ~0u), moved = 0;
  for (struct waiter *waiter = waiters; waiter && moved < n_move;
       waiter = waiter->next)
    if (waiter->key == from) {
      waiter->key = to;
      moved++;
    }
  return done + moved;
}

static bool compare(int operation, int32_t a, int32_t b) {
  switch (operation) {
  case FUTEX_OP_CMP_EQ:
    return a == b;
  case FUTEX_OP_CMP_NE:
    return a != b;
  case FUTEX_OP_CMP_LT:
    return a < b;
  case FUTEX_OP_CMP_LE:
    return a <= b;
  case FUTEX_OP_CMP_GT:
    return a > b;
  default:
    return a >= b;
  }
}

static int64_t futex_wake_op(uint64_t addr, uint64_t other, int n_wake,
                             int n_other, uint32_t code) {
  uint32_t operation = code >> 28 & 7, comparison = code >> 24 & 15;
  uint32_t operand = code >> 12 & 0xfff, old, new;
  int32_t limit = (int32_t)(code << 20) >> 20;
  if (operation > FUTEX_OP_XOR || comparison > FUTEX_OP_CMP_GE)
    return -ENOSYS;
  operand = code >> 31 ? 1u << (operand & 31)
                       : (uint32_t)((int32_t)(operand << 20) >> 20);
  /* No guest code may run between read and write. */
  sched_enter(uk_current());
  int err = copy_from_guest(&old, other, sizeof(old));
  if (err || other % 4)
    return err ? err : -EINVAL;
  new = operation == FUTEX_OP_SET    ? operand
        : operation == FUTEX_OP_ADD  ? old + operand
        : operation == FUTEX_OP_OR   ? old | operand
        : operation == FUTEX_OP_ANDN ? old & ~operand
                                     : old ^ operand;
  err = copy_to_guest(other, &new, sizeof(new));
  if (err)
    return err;
  int woken = futex_wake(uk_current()->mm, addr, n_wake);
  if (woken >= 0 && compare((int)comparison, (int32_t)old, limit))
    woken += futex_wake(uk_current()->mm, other, n_other);
  return woken;
}

/* FUTEX_WAIT: from now; the others: absolute. */
static int wait_deadline(uint64_t addr, int operation, uint64_t *deadline) {
  int64_t time[2];
  *deadline = UINT64_MAX;
  if (!addr)
    return 0;
  if (copy_from_guest(time, addr, sizeof(time)))
    return -EFAULT;
  if (time[0] < 0 || time[1] < 0 || time[1] >= 1000000000)
    return -EINVAL;
  if (time[0] > 1000000000000 / 100) /* as good as never */
    return 0;
  uint64_t ns = (uint64_t)time[0] * 1000000000u + (uint64_t)time[1];
  if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) {
    *deadline = uk_now_ns() + ns;
  } else if (operation & FUTEX_CLOCK_REALTIME) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t real = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    *deadline = uk_now_ns() + (ns > real ? ns - real : 0);
  } else {
    *deadline = ns;
  }
  return 0;
}

static int64_t sys_futex(const uint64_t arg[6]) {
  int operation = (int)arg[1];
  uint32_t value = (uint32_t)arg[2];
  uint64_t deadline;
  uint32_t bitset = (uint32_t)arg[5];
  int err;
  switch (operation & FUTEX_CMD_MASK) {
  case FUTEX_WAIT:
    bitset = FUTEX_BITSET_MATCH_ANY;
    /* fall through */
  case FUTEX_WAIT_BITSET:
    err = wait_deadline(arg[3], operation, &deadline);
    return err ? err : futex_wait(arg[0], value, deadline, bitset);
  case FUTEX_WAKE:
    bitset = FUTEX_BITSET_MATCH_ANY;
    /* fall through */
  case FUTEX_WAKE_BITSET: {
    const uint8_t *key;
    err = bitset ? futex_key(uk_current()->mm, arg[0], &key) : -EINVAL;
    return err ? err : wake_key(key, (int)value > 0 ? (int)value : 1, bitset);
  }
  case FUTEX_REQUEUE:
    return futex_requeue(arg[0], arg[4], (int)value, (int)arg[3], NULL);
  case FUTEX_CMP_REQUEUE:
    return futex_requeue(arg[0], arg[4], (int)value, (int)arg[3], &bitset);
  case FUTEX_WAKE_OP:
    return futex_wake_op(arg[0], arg[4], (int)value, (int)arg[3], bitset);
  default:
    return -ENOSYS;
  }
}

/* ---- Robust lists ----------------------------------------------------- */

static int64_t sys_set_robust_list(const uint64_t arg[6]) {
  if (arg[1] != 24)
    return -EINVAL;
  uk_current()->robust_list = arg[0];
  return 0;
}

static int64_t sys_get_robust_list(const uint64_t arg[6]) {
  struct uk_task *task = arg[0] ? task_find((int)arg[0]) : uk_current();
  const uint64_t bytes = 24;
  if (!task)
    return -ESRCH;
  int err = copy_to_guest(arg[1], &task->robust_list, 8);
  return err ? err : copy_to_guest(arg[2], &bytes, sizeof(bytes));
}

/* A lock that the dead task held: mark it, wake one. */
static void robust_unlock(struct uk_task *task, uint64_t addr) {
  uint32_t value;
  if (addr % 4 || copy_from_guest(&value, addr, sizeof(value)) ||
      (value & FUTEX_TID_MASK) != (uint32_t)task->tid)
    return;
  uint32_t dead = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
  if (!copy_to_guest(addr, &dead, sizeof(dead)) && (value & FUTEX_WAITERS))
    futex_wake(task->mm, addr, 1);
}

static void robust_exit(struct uk_task *task) {
  uint64_t head[3], entry, next; /* list, offset, pending */
  if (!task->robust_list ||
      copy_from_guest(head, task->robust_list, sizeof(head)))
    return;
  entry = head[0] & ~1ull;
  for (int i = 0; i < ROBUST_LIMIT && entry != task->robust_list; i++) {
    bool more = !copy_from_guest(&next, entry, sizeof(next));
    if (entry != (head[2] & ~1ull))
      robust_unlock(task, entry + head[1]);
    if (!more)
      break;
    entry = next & ~1ull;
  }
  if (head[2])
    robust_unlock(task, (head[2] & ~1ull) + head[1]);
}

void futex_exit(struct uk_task *task) {
  const uint32_t zero = 0;
  /* The locks are changed as one step, as far as guest code can see. */
  if (task->mm->refs > 1 || task->mm->n_regions)
    sched_enter(task);
  robust_exit(task);
  if (task->clear_tid && task->mm->refs > 1 &&
      !copy_to_guest(task->clear_tid, &zero, sizeof(zero)))
    futex_wake(task->mm, task->clear_tid, 1);
}

const struct uk_process_row uk_syscalls_futex[] = {
    {202, {"futex", sys_futex}},
    {273, {"set_robust_list", sys_set_robust_list}},
    {274, {"get_robust_list", sys_get_robust_list}},
    {0, {NULL, NULL}},
};
