/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * time.c - guest test: clocks, sleeping, timers, limits
 *
 * Prints no times: only that they are in order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static long long ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now))
    return -1;
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static volatile sig_atomic_t alarms;
static void on_alarm(int sig) {
  (void)sig;
  alarms++;
}

int main(void) {
  struct timespec wait = {0, 10000000}, bad = {0, 1000000000}, at;
  struct timeval tv;
  struct timespec res;
  long long before = ns(CLOCK_MONOTONIC);
  check(before > 0 && ns(CLOCK_MONOTONIC) >= before, "monotonic clock");
  check(ns(CLOCK_REALTIME) > 1600000000000000000ll, "real-time clock");
  check(gettimeofday(&tv, NULL) == 0 && llabs(tv.tv_sec - time(NULL)) <= 1,
        "gettimeofday and time");
  check(clock_gettime(99, &at) == -1 && errno == EINVAL, "no such clock");
  check(clock_getres(CLOCK_MONOTONIC, &res) == 0 && res.tv_sec == 0,
        "resolution");

  before = ns(CLOCK_MONOTONIC);
  check(nanosleep(&wait, NULL) == 0 && ns(CLOCK_MONOTONIC) - before >= 10000000,
        "nanosleep");
  check(nanosleep(&bad, NULL) == -1 && errno == EINVAL, "nanosleep: EINVAL");
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_nsec += 10000000;
  if (at.tv_nsec >= 1000000000) {
    at.tv_sec++;
    at.tv_nsec -= 1000000000;
  }
  check(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == 0 &&
            ns(CLOCK_MONOTONIC) >= at.tv_sec * 1000000000ll + at.tv_nsec,
        "clock_nanosleep");

  signal(SIGALRM, on_alarm);
  struct itimerval often = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}}, old;
  check(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
  while (alarms < 3) /* in guest code, and in a system call */
    if (alarms == 1)
      pause();
  check(setitimer(ITIMER_REAL, &off, &old) == 0 &&
            old.it_interval.tv_usec == 5000,
        "three alarms");
  alarm(100);
  check(alarm(0) == 100, "alarm");

  struct rusage usage;
  struct tms tms;
  check(getrusage(RUSAGE_SELF, &usage) == 0 &&
            usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 0,
        "getrusage");
  check(times(&tms) != (clock_t)-1 && clock() > 0, "times");
  check(ns(CLOCK_PROCESS_CPUTIME_ID) > 0 && ns(CLOCK_THREAD_CPUTIME_ID) > 0,
        "CPU clocks");

  struct rlimit limit;
  struct utsname name;
  struct sysinfo info;
  check(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 0,
        "getrlimit");
  check(uname(&name) == 0 && !__builtin_strcmp(name.machine, "x86_64"),
        "uname");
  check(sysinfo(&info) == 0 && info.totalram > 0, "sysinfo");
  check(sysconf(_SC_NPROCESSORS_ONLN) >= 1, "processors");
  puts("time: done");
  return 0;
}
