/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * clock.c - time: clocks, sleeping, alarms
 *
 * Clocks are the host's. CPU time is that of the host threads. Of interval
 * timers only ITIMER_REAL fires; setting a clock is refused.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#define NS 1000000000u

static int64_t put_time(uint64_t addr, uint64_t ns) {
  int64_t time[2] = {(int64_t)(ns / NS), (int64_t)(ns % NS)};
  return copy_to_guest(addr, time, sizeof(time));
}

/* -EINVAL: no such clock. */
static int clock_now(int clock, uint64_t *ns) {
  struct uk_task *task = uk_current();
  struct timespec now;
  clockid_t host = clock;
  if (clock < 0) { /* of a process or thread */
    bool thread = clock & 4;
    int id = ~(clock >> 3);
    struct uk_task *other = id ? task_find(id) : task;
    struct uk_proc *proc = id ? uk_proc_find(id) : task->proc;
    if ((clock & 3) == 3 || (thread ? !other : !proc))
      return -EINVAL;
    if (!thread) {
      *ns = proc_cpu_ns(proc);
      return 0;
    }
    if (pthread_getcpuclockid(other->host, &host))
      return -EINVAL;
  } else if (clock == CLOCK_PROCESS_CPUTIME_ID) {
    *ns = proc_cpu_ns(task->proc);
    return 0;
  } else if (clock > CLOCK_TAI) {
    return -EINVAL;
  }
  if (clock_gettime(host, &now))
    return -EINVAL;
  *ns = (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
  return 0;
}

static int64_t sys_clock_gettime(const uint64_t arg[6]) {
  uint64_t ns;
  int err = clock_now((int)arg[0], &ns);
  return err ? err : put_time(arg[1], ns);
}

static int64_t sys_clock_getres(const uint64_t arg[6]) {
  uint64_t ns;
  int clock = (int)arg[0], err = clock_now(clock, &ns);
  bool coarse =
      clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
  if (err)
    return err;
  return arg[1] ? put_time(arg[1], coarse ? 4000000 : 1) : 0;
}

static int64_t sys_clock_settime(const uint64_t arg[6]) {
  uint64_t ns;
  return (int)arg[0] == CLOCK_REALTIME ? -EPERM
         : clock_now((int)arg[0], &ns) ? -EINVAL
                                       : -EINVAL;
}

static int64_t sys_gettimeofday(const uint64_t arg[6]) {
  struct timespec now;
  const int32_t zone[2] = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t time[2] = {now.tv_sec, now.tv_nsec / 1000};
  int err = arg[0] ? copy_to_guest(arg[0], time, sizeof(time)) : 0;
  if (!err && arg[1])
    err = copy_to_guest(arg[1], zone, sizeof(zone));
  return err;
}

static int64_t sys_time(const uint64_t arg[6]) {
  int64_t now = time(NULL);
  int err = arg[0] ? copy_to_guest(arg[0], &now, sizeof(now)) : 0;
  return err ? err : now;
}

static int64_t sys_settimeofday(const uint64_t arg[6]) {
  (void)arg;
  return -EPERM;
}

/* ---- Sleeping --------------------------------------------------------- */

static int get_time(uint64_t addr, uint64_t *ns) {
  int64_t time[2];
  if (copy_from_guest(time, addr, sizeof(time)))
    return -EFAULT;
  if (time[0] < 0 || time[1] < 0 || time[1] >= NS)
    return -EINVAL;
  *ns = time[0] > 9000000000 ? UINT64_MAX / 2
                             : (uint64_t)time[0] * NS + (uint64_t)time[1];
  return 0;
}

static int64_t sleep_until(uint64_t deadline, uint64_t rest_addr) {
  int err;
  do
    err = uk_sleep(NULL, deadline);
  while (!err && uk_now_ns() < deadline);
  if (err != -EINTR)
    return 0;
  uint64_t now = uk_now_ns();
  if (rest_addr && put_time(rest_addr, deadline > now ? deadline - now : 0))
    return -EFAULT;
  return -EINTR;
}

static int64_t sys_nanosleep(const uint64_t arg[6]) {
  uint64_t ns;
  int err = get_time(arg[0], &ns);
  return err ? err : sleep_until(uk_now_ns() + ns, arg[1]);
}

static int64_t sys_clock_nanosleep(const uint64_t arg[6]) {
  int clock = (int)arg[0];
  uint64_t ns, now;
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
      clock != CLOCK_BOOTTIME && clock != CLOCK_TAI)
    return clock == CLOCK_PROCESS_CPUTIME_ID ? -EOPNOTSUPP : -EINVAL;
  int err = get_time(arg[2], &ns);
  if (!err)
    err = clock_now(clock, &now);
  if (err)
    return err;
  if (!(arg[1] & TIMER_ABSTIME))
    return sleep_until(uk_now_ns() + ns, arg[3]);
  return sleep_until(uk_now_ns() + (ns > now ? ns - now : 0), 0);
}

/* ---- Alarms ----------------------------------------------------------- */

static void get_alarm(const struct uk_proc *proc, int64_t value[4]) {
  uint64_t now = uk_now_ns(), left = 0;
  if (proc->alarm_ns)
    left = proc->alarm_ns > now ? proc->alarm_ns - now : 1000;
  value[0] = (int64_t)(proc->alarm_interval_ns / NS);
  value[1] = (int64_t)(proc->alarm_interval_ns % NS / 1000);
  value[2] = (int64_t)(left / NS);
  value[3] = (int64_t)(left % NS / 1000);
}

static int64_t sys_alarm(const uint64_t arg[6]) {
  struct uk_proc *proc = uk_current()->proc;
  int64_t old[4];
  get_alarm(proc, old);
  proc->alarm_ns =
      (uint32_t)arg[0] ? uk_now_ns() + (uint32_t)arg[0] * (uint64_t)NS : 0;
  proc->alarm_interval_ns = 0;
  proc->alarm_kcov = kcov8_common_handle(&uk_current()->kcov);
  sched_timer_changed();
  return old[2] + (old[3] >= 500000 || (!old[2] && old[3]) ? 1 : 0);
}

static int64_t sys_getitimer(const uint64_t arg[6]) {
  int64_t value[4] = {0};
  if (arg[0] > ITIMER_PROF)
    return -EINVAL;
  if (arg[0] == ITIMER_REAL)
    get_alarm(uk_current()->proc, value);
  return copy_to_guest(arg[1], value, sizeof(value));
}

static bool bad_timeval(const int64_t value[2]) {
  return value[0] < 0 || value[1] < 0 || value[1] >= 1000000;
}

static uint64_t timeval_ns(const int64_t value[2]) {
  uint64_t seconds = value[0] > 4000000000 ? 4000000000u : (uint64_t)value[0];
  return seconds * NS + (uint64_t)value[1] * 1000u;
}

static int64_t sys_setitimer(const uint64_t arg[6]) {
  struct uk_proc *proc = uk_current()->proc;
  int64_t value[4] = {0}, old[4] = {0};
  if (arg[0] > ITIMER_PROF)
    return -EINVAL;
  if (arg[1] && copy_from_guest(value, arg[1], sizeof(value)))
    return -EFAULT;
  if (bad_timeval(value) || bad_timeval(value + 2))
    return -EINVAL;
  if (arg[0] == ITIMER_REAL) {
    get_alarm(proc, old);
    uint64_t first = timeval_ns(value + 2);
    proc->alarm_ns = first ? uk_now_ns() + first : 0;
    proc->alarm_interval_ns = timeval_ns(value);
    proc->alarm_kcov = kcov8_common_handle(&uk_current()->kcov);
    sched_timer_changed();
  }
  return arg[2] ? copy_to_guest(arg[2], old, sizeof(old)) : 0;
}

/* ---- CPU time --------------------------------------------------------- */

static int64_t sys_times(const uint64_t arg[6]) {
  struct uk_proc *proc = uk_current()->proc;
  int64_t ticks[4] = {(int64_t)(proc_cpu_ns(proc) / 10000000u), 0,
                      (int64_t)(proc->child_cpu_ns / 10000000u), 0};
  int err = arg[0] ? copy_to_guest(arg[0], ticks, sizeof(ticks)) : 0;
  return err ? err : (int64_t)(uk_now_ns() / 10000000u);
}

static int64_t sys_getrusage(const uint64_t arg[6]) {
  struct uk_proc *proc = uk_current()->proc;
  struct rusage usage = {.ru_maxrss = 4096};
  uint64_t ns;
  switch ((int)arg[0]) {
  case RUSAGE_SELF:
    ns = proc_cpu_ns(proc);
    break;
  case RUSAGE_CHILDREN:
    ns = proc->child_cpu_ns;
    break;
  case RUSAGE_THREAD:
    clock_now(CLOCK_THREAD_CPUTIME_ID, &ns);
    break;
  default:
    return -EINVAL;
  }
  usage.ru_utime.tv_sec = (time_t)(ns / NS);
  usage.ru_utime.tv_usec = (suseconds_t)(ns % NS / 1000);
  return copy_to_guest(arg[1], &usage, sizeof(usage));
}

const struct uk_process_row uk_syscalls_clock[] = {
    {35, {"nanosleep", sys_nanosleep}},
    {36, {"getitimer", sys_getitimer}},
    {37, {"alarm", sys_alarm}},
    {38, {"setitimer", sys_setitimer}},
    {96, {"gettimeofday", sys_gettimeofday}},
    {98, {"getrusage", sys_getrusage}},
    {100, {"times", sys_times}},
    {164, {"settimeofday", sys_settimeofday}},
    {201, {"time", sys_time}},
    {227, {"clock_settime", sys_clock_settime}},
    {228, {"clock_gettime", sys_clock_gettime}},
    {229, {"clock_getres", sys_clock_getres}},
    {230, {"clock_nanosleep", sys_clock_nanosleep}},
    {0, {NULL, NULL}},
};
