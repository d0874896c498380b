/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * exits.c - whatever way an owner ends, its object is free again
 *
 * Area and count stay; the next owner goes on from there.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- Ways to end --------------------------------------------------------- */

static void end_return(void) {}
static void end_exit(void) { exit(0); }
static void end__exit(void) { _exit(0); }
static void end_exit_call(void) { syscall(SYS_exit, 0); }
static void end_abort(void) { abort(); }
static void end_sigkill(void) { kill(getpid(), SIGKILL); }
static void end_sigterm(void) { kill(getpid(), SIGTERM); }
static void end_sigsegv(void) { *(volatile int *)8 = 0; }
static void end_sigfpe(void) { raise(SIGFPE); }
static void end_pthread_exit(void) { pthread_exit(NULL); }

static void *other_exits(void *arg) {
  (void)arg;
  syscall(SYS_exit_group, 0);
  return NULL;
}

static void end_by_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, other_exits, NULL);
  pthread_join(thread, NULL);
}

/* The leader goes, another thread stays: a zombie leader owns nothing. */
static void *stays(void *arg) {
  (void)arg;
  pause_ms(300);
  syscall(SYS_exit_group, 0);
  return NULL;
}

static void end_leader_only(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, stays, NULL);
  syscall(SYS_exit, 0);
}

static void end_blocked(void) {
  int pipe_fds[2];
  char byte;
  if (pipe(pipe_fds))
    return;
  pid_t parent = getpid();
  if (fork() == 0) {
    pause_ms(50);
    kill(parent, SIGKILL);
    _exit(0);
  }
  if (read(pipe_fds[0], &byte, 1) < 0)
    return;
}

static const struct way {
  const char *name;
  void (*end)(void);
} ways[] = {
    {"return", end_return},       {"exit", end_exit},
    {"_exit", end__exit},         {"exit-call", end_exit_call},
    {"abort", end_abort},         {"sigkill", end_sigkill},
    {"sigterm", end_sigterm},     {"sigsegv", end_sigsegv},
    {"sigfpe", end_sigfpe},       {"pthread-exit", end_pthread_exit},
    {"by-thread", end_by_thread}, {"leader-only", end_leader_only},
    {"blocked", end_blocked},
};

static void process_ends(void) {
  const struct way *way = case_arg();
  struct kcov kcov = kcov_new(BIG_WORDS);
  siginfo_t info;
  int status;
  kcov.area[kcov.words - 1] = 0xfeed;
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
    some_calls();
    way->end();
    _exit(0);
  }
  /* Free before its parent has taken notice: exit comes first. */
  need(sys(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT)), "waitid");
  uint64_t count = kcov_count(&kcov);
  say("count", "%s", grew(0, count));
  say_rc("enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  need(sys(waitpid(pid, &status, 0)), "waitpid");
  say("data", "%s", kcov.area[kcov.words - 1] == 0xfeed ? "kept" : "lost");
  say("goes-on", "%s", kcov_count(&kcov) >= count ? "yes" : "no");
  say_rc("enable-again", kcov_ioctl(kcov.fd, ENABLE, 0));
  say("records", "%s", records(&kcov));
}

/* ---- Threads ------------------------------------------------------------- */

static void *thread_main(void *arg) {
  const struct kcov *kcov = arg;
  need(kcov_ioctl(kcov->fd, ENABLE, 0), "ENABLE");
  some_calls();
  return NULL;
}

static void thread_ends(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  pthread_t thread;
  need(-pthread_create(&thread, NULL, thread_main, &kcov), "thread");
  pthread_join(thread, NULL);
  uint64_t count = kcov_count(&kcov);
  say("count", "%s", grew(0, count));
  some_calls();
  say("then", "%s", grew(count, kcov_count(&kcov)));
  say_rc("enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  say("records", "%s", records(&kcov));
}

/* 100 threads, one after the other, with one object. */
static void threads(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  unsigned int ok = 0;
  for (int i = 0; i < 100; i++) {
    pthread_t thread;
    kcov_reset(&kcov);
    ok += pthread_create(&thread, NULL, thread_main, &kcov) == 0 &&
          pthread_join(thread, NULL) == 0 && kcov_count(&kcov) > 0;
  }
  say(NULL, "%u", ok);
}

/* The owner's exit is recorded too, up to where it gives up its object. */
static void exit_recorded(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
    kcov_reset(&kcov);
    syscall(SYS_exit_group, 0);
  }
  need(sys(waitpid(pid, NULL, 0)), "waitpid");
  say(NULL, "%s", grew(0, kcov_count(&kcov)));
}

/* Two objects of one process, owned by two threads. */
static void both_free(void) {
  struct kcov first = kcov_new(BIG_WORDS), second = kcov_new(BIG_WORDS);
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    pthread_t thread;
    need(kcov_ioctl(first.fd, ENABLE, 0), "ENABLE");
    need(-pthread_create(&thread, NULL, thread_main, &second), "thread");
    while (kcov_count(&second) == 0)
      pause_ms(1);
    _exit(0);
  }
  need(sys(waitpid(pid, NULL, 0)), "waitpid");
  say_rc("first", kcov_ioctl(first.fd, ENABLE, 0));
  kcov_ioctl(first.fd, DISABLE, 0);
  say_rc("second", kcov_ioctl(second.fd, ENABLE, 0));
}

static const struct scenario scenarios[] = {
    {"exit/thread", thread_ends, CHECKS("count", "then", "enable", "records")},
    {"exit/100-threads", threads, NULL},
    {"exit/recorded", exit_recorded, NULL},
    {"exit/two-threads", both_free, CHECKS("first", "second")},
};

void add_exit_cases(void) {
  static const char *const checks[] = {"count",   "enable",  "disable",
                                       "data",    "goes-on", "enable-again",
                                       "records", NULL};
  static char titles[N_OF(ways)][32];
  for (size_t i = 0; i < N_OF(ways); i++) {
    snprintf(titles[i], sizeof(titles[i]), "exit/%s", ways[i].name);
    add_case(titles[i], process_ends, &ways[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
