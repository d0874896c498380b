/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * misc.c - system information, limits, and calls about the running thread
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define ARCH_SET_GS_CODE 0x1001
#define ARCH_SET_FS_CODE 0x1002
#define ARCH_GET_FS_CODE 0x1003
#define ARCH_GET_GS_CODE 0x1004

static int64_t sys_uname(const uint64_t arg[6]) {
  struct utsname host, name;
  memset(&name, 0, sizeof(name));
  strcpy(name.sysname, "Linux");
  strcpy(name.nodename, "ukernel");
  if (!uname(&host))
    memcpy(name.nodename, host.nodename, sizeof(name.nodename));
  strcpy(name.release, "6.12.0-ukernel");
  strcpy(name.version, "#1 kcov8 " KCOV8_VERSION);
  strcpy(name.machine, "x86_64");
  strcpy(name.domainname, "(none)");
  return copy_to_guest(arg[0], &name, sizeof(name));
}

static int64_t sys_sysinfo(const uint64_t arg[6]) {
  struct sysinfo info;
  if (sysinfo(&info))
    return -EIO;
  info.mem_unit = 1;
  info.totalram = uk_memory_limit();
  info.freeram = uk_memory_free();
  info.sharedram = info.bufferram = info.totalswap = info.freeswap = 0;
  info.totalhigh = info.freehigh = 0;
  info.procs = 0;
  for (struct uk_proc *proc = uk_procs; proc; proc = proc->next)
    info.procs = (unsigned short)(info.procs + proc->n_tasks);
  return copy_to_guest(arg[0], &info, sizeof(info));
}

static int64_t sys_getrandom(const uint64_t arg[6]) {
  uint8_t buffer[256];
  uint64_t done = 0;
  if (arg[2] & ~7ull)
    return -EINVAL;
  while (done < arg[1]) {
    size_t n = arg[1] - done < sizeof(buffer) ? arg[1] - done : sizeof(buffer);
    ssize_t got = getrandom(buffer, n, 0);
    if (got < 0)
      return done ? (int64_t)done : -EIO;
    if (copy_to_guest(arg[0] + done, buffer, (size_t)got))
      return done ? (int64_t)done : -EFAULT;
    done += (uint64_t)got;
    if (done >= 0x7fff0000 || signal_waiting(uk_current()))
      break;
  }
  return (int64_t)done;
}

/* ---- Limits ----------------------------------------------------------- */

static int limit_of(struct uk_proc *proc, int resource, uint64_t limit[2]) {
  limit[0] = limit[1] = RLIM_INFINITY;
  if (resource < 0 || resource >= RLIM_NLIMITS)
    return -EINVAL;
  if (resource == RLIMIT_STACK)
    limit[0] = proc->stack_limit;
  else if (resource == RLIMIT_NOFILE)
    limit[0] = limit[1] = UK_MAX_FDS;
  else if (resource == RLIMIT_CORE)
    limit[0] = 0;
  else if (resource == RLIMIT_NPROC)
    limit[0] = limit[1] = 1024;
  return 0;
}

/* Accepted, but only that of the stack is remembered, and none enforced. */
static int set_limit(struct uk_proc *proc, int resource, uint64_t addr) {
  uint64_t new[2], old[2];
  int err = limit_of(proc, resource, old);
  if (err)
    return err;
  if (copy_from_guest(new, addr, sizeof(new)))
    return -EFAULT;
  if (new[0] > new[1])
    return -EINVAL;
  if (new[1] > old[1] && resource == RLIMIT_NOFILE)
    return -EPERM;
  if (resource == RLIMIT_STACK)
    proc->stack_limit = new[0];
  return 0;
}

static int64_t sys_getrlimit(const uint64_t arg[6]) {
  uint64_t limit[2];
  int err = limit_of(uk_current()->proc, (int)arg[0], limit);
  return err ? err : copy_to_guest(arg[1], limit, sizeof(limit));
}

static int64_t sys_setrlimit(const uint64_t arg[6]) {
  return set_limit(uk_current()->proc, (int)arg[0], arg[1]);
}

static int64_t sys_prlimit64(const uint64_t arg[6]) {
  struct uk_proc *proc =
      arg[0] ? uk_proc_find((int)arg[0]) : uk_current()->proc;
  uint64_t old[2];
  if (!proc)
    return -ESRCH;
  int err = limit_of(proc, (int)arg[1], old);
  if (!err && arg[2])
    err = set_limit(proc, (int)arg[1], arg[2]);
  if (!err && arg[3])
    err = copy_to_guest(arg[3], old, sizeof(old));
  return err;
}

/* ---- Scheduling ------------------------------------------------------- */

static int64_t sys_sched_yield(const uint64_t arg[6]) {
  (void)arg;
  sched_release(uk_current());
  return 0;
}

static bool no_such_task(uint64_t tid) {
  return tid && !task_find((int)tid) && !uk_proc_find((int)tid);
}

/* One CPU, number 0. */
static int64_t sys_sched_getaffinity(const uint64_t arg[6]) {
  const uint64_t mask = 1;
  if (no_such_task(arg[0]))
    return -ESRCH;
  if (arg[1] < sizeof(mask) || arg[1] % sizeof(mask))
    return -EINVAL;
  int err = copy_to_guest(arg[2], &mask, sizeof(mask));
  return err ? err : (int64_t)sizeof(mask);
}

static int64_t sys_sched_setaffinity(const uint64_t arg[6]) {
  uint64_t mask = 0;
  size_t n = arg[1] < sizeof(mask) ? arg[1] : sizeof(mask);
  if (no_such_task(arg[0]))
    return -ESRCH;
  int err = copy_from_guest(&mask, arg[2], n);
  return err ? err : mask & 1 ? 0 : -EINVAL;
}

static int64_t sys_getcpu(const uint64_t arg[6]) {
  const uint32_t zero = 0;
  int err = arg[0] ? copy_to_guest(arg[0], &zero, sizeof(zero)) : 0;
  if (!err && arg[1])
    err = copy_to_guest(arg[1], &zero, sizeof(zero));
  return err;
}

static int64_t sys_sched_getparam(const uint64_t arg[6]) {
  const int32_t priority = 0;
  if (no_such_task(arg[0]))
    return -ESRCH;
  return copy_to_guest(arg[1], &priority, sizeof(priority));
}

/* SCHED_OTHER, and nothing else. */
static int64_t sys_sched_getscheduler(const uint64_t arg[6]) {
  return no_such_task(arg[0]) ? -ESRCH : 0;
}

static int64_t sys_sched_setscheduler(const uint64_t arg[6]) {
  int32_t priority;
  if (no_such_task(arg[0]))
    return -ESRCH;
  if (copy_from_guest(&priority, arg[2], sizeof(priority)))
    return -EFAULT;
  return (int)arg[1] ? -EPERM : priority ? -EINVAL : 0;
}

static int64_t sys_getpriority(const uint64_t arg[6]) {
  return arg[0] > PRIO_USER ? -EINVAL : 20; /* 20 - nice */
}

static int64_t sys_setpriority(const uint64_t arg[6]) {
  return arg[0] > PRIO_USER ? -EINVAL : 0;
}

/* Tasks that share memory never run at the same time. */
static int64_t sys_membarrier(const uint64_t arg[6]) {
  if (arg[1])
    return -EINVAL;
  switch ((int)arg[0]) {
  case 0: /* query: global, private expedited and its registration */
    return 1 | 8 | 16;
  case 1:
  case 8:
  case 16:
    return 0;
  default:
    return -EINVAL;
  }
}

/* ---- The thread itself ------------------------------------------------ */

static int64_t sys_arch_prctl(const uint64_t arg[6]) {
  struct uk_regs *regs = task_regs(uk_current());
  switch ((int)arg[0]) {
  case ARCH_SET_FS_CODE:
  case ARCH_SET_GS_CODE:
    if (arg[1] >= UK_TASK_SIZE)
      return -EPERM;
    if ((int)arg[0] == ARCH_SET_FS_CODE)
      regs->fs_base = arg[1];
    else
      regs->gs_base = arg[1];
    return 0;
  case ARCH_GET_FS_CODE:
    return copy_to_guest(arg[1], &regs->fs_base, 8);
  case ARCH_GET_GS_CODE:
    return copy_to_guest(arg[1], &regs->gs_base, 8);
  default:
    return -EINVAL;
  }
}

static int64_t sys_prctl(const uint64_t arg[6]) {
  struct uk_task *task = uk_current();
  char name[16] = {0};
  const int32_t zero = 0;
  int err;
  switch ((int)arg[0]) {
  case PR_SET_NAME:
    err = copy_string_from_guest(name, arg[1], sizeof(name));
    if (err == -EFAULT)
      return err;
    name[15] = 0;
    memcpy(task->comm, name, sizeof(name));
    return 0;
  case PR_GET_NAME:
    return copy_to_guest(arg[1], task->comm, sizeof(task->comm));
  case PR_SET_PDEATHSIG:
    return arg[1] > UK_NSIG ? -EINVAL : 0;
  case PR_GET_PDEATHSIG:
    return copy_to_guest(arg[1], &zero, sizeof(zero));
  case PR_GET_DUMPABLE:
    return 1;
  case PR_SET_DUMPABLE:
    return arg[1] > 1 ? -EINVAL : 0;
  case PR_SET_NO_NEW_PRIVS:
    return 0;
  case PR_GET_KEEPCAPS:
  case PR_SET_KEEPCAPS:
  case PR_CAPBSET_READ:
  case PR_CAPBSET_DROP:
  case PR_CAP_AMBIENT:
    return caps_prctl(arg);
  default:
    return -EINVAL;
  }
}

static int64_t sys_personality(const uint64_t arg[6]) {
  return (uint32_t)arg[0] == 0xffffffff || !arg[0] ? 0 : -EINVAL;
}

const struct uk_process_row uk_syscalls_misc[] = {
    {24, {"sched_yield", sys_sched_yield}},
    {63, {"uname", sys_uname}},
    {97, {"getrlimit", sys_getrlimit}},
    {99, {"sysinfo", sys_sysinfo}},
    {135, {"personality", sys_personality}},
    {140, {"getpriority", sys_getpriority}},
    {141, {"setpriority", sys_setpriority}},
    {143, {"sched_getparam", sys_sched_getparam}},
    {144, {"sched_setscheduler", sys_sched_setscheduler}},
    {145, {"sched_getscheduler", sys_sched_getscheduler}},
    {157, {"prctl", sys_prctl}},
    {158, {"arch_prctl", sys_arch_prctl}},
    {160, {"setrlimit", sys_setrlimit}},
    {203, {"sched_setaffinity", sys_sched_setaffinity}},
    {204, {"sched_getaffinity", sys_sched_getaffinity}},
    {302, {"prlimit64", sys_prlimit64}},
    {309, {"getcpu", sys_getcpu}},
    {318, {"getrandom", sys_getrandom}},
    {324, {"membarrier", sys_membarrier}},
    {0, {NULL, NULL}},
};
