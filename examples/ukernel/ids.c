/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ids.c - identities: process numbers, groups, sessions, users
 *
 * Users are numbers that nothing checks; the guest starts as the host's user.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

enum { REAL, EFFECTIVE, SAVED, FS };

static struct uk_proc *self(void) { return uk_current()->proc; }

/* 0 is the caller. Linux looks threads up here; so do we. */
static struct uk_proc *find(int pid) {
  struct uk_task *task = pid ? task_find(pid) : uk_current();
  return task ? task->proc : uk_proc_find(pid);
}

static int64_t sys_getpid(const uint64_t arg[6]) {
  (void)arg;
  return self()->pid;
}

static int64_t sys_gettid(const uint64_t arg[6]) {
  (void)arg;
  return uk_current()->tid;
}

static int64_t sys_getppid(const uint64_t arg[6]) {
  (void)arg;
  return self()->parent ? self()->parent->pid : 1;
}

static int64_t sys_getpgrp(const uint64_t arg[6]) {
  (void)arg;
  return self()->pgrp;
}

static int64_t sys_getpgid(const uint64_t arg[6]) {
  struct uk_proc *proc = find((int)arg[0]);
  return proc ? proc->pgrp : -ESRCH;
}

static int64_t sys_getsid(const uint64_t arg[6]) {
  struct uk_proc *proc = find((int)arg[0]);
  return proc ? proc->session : -ESRCH;
}

static bool group_exists(int pgrp, int session) {
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    if (proc->pgrp == pgrp && proc->session == session)
      return true;
  return false;
}

static int64_t sys_setpgid(const uint64_t arg[6]) {
  int pid = (int)arg[0], pgrp = (int)arg[1];
  if (pgrp < 0)
    return -EINVAL;
  struct uk_proc *proc = pid ? uk_proc_find(pid) : self();
  if (!proc || (proc != self() && proc->parent != self()))
    return -ESRCH;
  if (proc != self() && proc->did_exec)
    return -EACCES;
  if (!pgrp)
    pgrp = proc->pid;
  if (proc->session == proc->pid || proc->session != self()->session)
    return -EPERM;
  if (pgrp != proc->pid && !group_exists(pgrp, proc->session))
    return -EPERM;
  proc->pgrp = pgrp;
  return 0;
}

static int64_t sys_setsid(const uint64_t arg[6]) {
  struct uk_proc *proc = self();
  (void)arg;
  for (struct uk_proc *other = uk_procs; other; other = other->next)
    if (other->pgrp == proc->pid)
      return -EPERM;
  proc->pgrp = proc->session = proc->pid;
  return proc->pid;
}

/* ---- Users and groups ------------------------------------------------- */

static uint32_t *users(void) { return self()->ids; }
static uint32_t *groups(void) { return self()->ids + 4; }

static int64_t sys_getuid(const uint64_t arg[6]) {
  (void)arg;
  return users()[REAL];
}

static int64_t sys_geteuid(const uint64_t arg[6]) {
  (void)arg;
  return users()[EFFECTIVE];
}

static int64_t sys_getgid(const uint64_t arg[6]) {
  (void)arg;
  return groups()[REAL];
}

static int64_t sys_getegid(const uint64_t arg[6]) {
  (void)arg;
  return groups()[EFFECTIVE];
}

/* May the process take any number? */
static bool may_all(const uint32_t *ids) {
  return uk_capable(ids == users() ? CAP_SETUID : CAP_SETGID);
}

/* Else only those that it has. */
static bool may_take(const uint32_t *ids, uint64_t id) {
  return (uint32_t)id == ~0u || may_all(ids) || (uint32_t)id == ids[REAL] ||
         (uint32_t)id == ids[EFFECTIVE] || (uint32_t)id == ids[SAVED];
}

static int64_t set_three(uint32_t *ids, uint64_t real, uint64_t effective,
                         uint64_t saved) {
  uint64_t value[3] = {real, effective, saved};
  for (int i = 0; i < 3; i++)
    if (!may_take(ids, value[i]))
      return -EPERM;
  const uint32_t before[3] = {ids[REAL], ids[EFFECTIVE], ids[SAVED]};
  for (int i = 0; i < 3; i++)
    if ((uint32_t)value[i] != ~0u)
      ids[i] = (uint32_t)value[i];
  ids[FS] = ids[EFFECTIVE];
  if (ids == users())
    caps_new_user(self(), before);
  return 0;
}

static int64_t set_one(uint32_t *ids, uint64_t id) {
  if ((uint32_t)id == ~0u)
    return -EINVAL;
  if (may_all(ids))
    return set_three(ids, id, id, id);
  return set_three(ids, ~0u, id, ~0u);
}

static int64_t sys_setuid(const uint64_t arg[6]) {
  return set_one(users(), arg[0]);
}

static int64_t sys_setgid(const uint64_t arg[6]) {
  return set_one(groups(), arg[0]);
}

static int64_t sys_setreuid(const uint64_t arg[6]) {
  return set_three(users(), arg[0], arg[1], arg[1]);
}

static int64_t sys_setregid(const uint64_t arg[6]) {
  return set_three(groups(), arg[0], arg[1], arg[1]);
}

static int64_t sys_setresuid(const uint64_t arg[6]) {
  return set_three(users(), arg[0], arg[1], arg[2]);
}

static int64_t sys_setresgid(const uint64_t arg[6]) {
  return set_three(groups(), arg[0], arg[1], arg[2]);
}

static int64_t get_three(const uint32_t *ids, const uint64_t arg[6]) {
  int err = 0;
  for (int i = 0; i < 3 && !err; i++)
    err = copy_to_guest(arg[i], &ids[i], sizeof(ids[i]));
  return err;
}

static int64_t sys_getresuid(const uint64_t arg[6]) {
  return get_three(users(), arg);
}

static int64_t sys_getresgid(const uint64_t arg[6]) {
  return get_three(groups(), arg);
}

static int64_t set_fs(uint32_t *ids, uint64_t id) {
  uint32_t old = ids[FS];
  if (may_take(ids, id) && (uint32_t)id != ~0u)
    ids[FS] = (uint32_t)id;
  return old;
}

static int64_t sys_setfsuid(const uint64_t arg[6]) {
  return set_fs(users(), arg[0]);
}

static int64_t sys_setfsgid(const uint64_t arg[6]) {
  return set_fs(groups(), arg[0]);
}

/* One supplementary group: the real one. */
static int64_t sys_getgroups(const uint64_t arg[6]) {
  uint32_t group = groups()[REAL];
  if ((int)arg[0] < 0)
    return -EINVAL;
  if ((int)arg[0] > 0 && copy_to_guest(arg[1], &group, sizeof(group)))
    return -EFAULT;
  return 1;
}

static int64_t sys_setgroups(const uint64_t arg[6]) {
  (void)arg;
  return uk_capable(CAP_SETGID) ? 0 : -EPERM;
}

const struct uk_process_row uk_syscalls_ids[] = {
    {39, {"getpid", sys_getpid}},
    {102, {"getuid", sys_getuid}},
    {104, {"getgid", sys_getgid}},
    {105, {"setuid", sys_setuid}},
    {106, {"setgid", sys_setgid}},
    {107, {"geteuid", sys_geteuid}},
    {108, {"getegid", sys_getegid}},
    {109, {"setpgid", sys_setpgid}},
    {110, {"getppid", sys_getppid}},
    {111, {"getpgrp", sys_getpgrp}},
    {112, {"setsid", sys_setsid}},
    {113, {"setreuid", sys_setreuid}},
    {114, {"setregid", sys_setregid}},
    {115, {"getgroups", sys_getgroups}},
    {116, {"setgroups", sys_setgroups}},
    {117, {"setresuid", sys_setresuid}},
    {118, {"getresuid", sys_getresuid}},
    {119, {"setresgid", sys_setresgid}},
    {120, {"getresgid", sys_getresgid}},
    {121, {"getpgid", sys_getpgid}},
    {122, {"setfsuid", sys_setfsuid}},
    {123, {"setfsgid", sys_setfsgid}},
    {124, {"getsid", sys_getsid}},
    {186, {"gettid", sys_gettid}},
    {0, {NULL, NULL}},
};
