/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * alarm.h - background work of the kernel that a guest asks for: an alarm
 *
 * on_alarm() is to be the handler of SIGALRM.
 */
#ifndef GUESTS_ALARM_H
#define GUESTS_ALARM_H

#include <signal.h>
#include <sys/time.h>

#include "check.h"

static volatile sig_atomic_t rung;

static void on_alarm(int sig) {
  (void)sig;
  rung = 1;
}

/* One alarm of this process. */
static void ring(void) {
  const struct itimerval soon = {.it_value.tv_usec = 5000};
  sigset_t blocked, open;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, &open);
  rung = 0;
  require(setitimer(ITIMER_REAL, &soon, NULL) == 0, "setitimer");
  while (!rung)
    sigsuspend(&open);
  sigprocmask(SIG_SETMASK, &open, NULL);
}

#endif
