/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * tasks.c - threads and children: who is recorded, who may enable
 */
#define _GNU_SOURCE
#include "harness.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define WORDS PAGE_WORDS

static long enable(const struct kcov *kcov) {
  return kcov_ioctl(kcov->fd, ENABLE, 0);
}

static long job_calls(long n, long b, long c) {
  (void)b, (void)c;
  for (long i = 0; i < n; i++)
    some_calls();
  return 0;
}

/* ---- Children are not enabled -------------------------------------------- */

/*
 * The caller is enabled and sleeps while its child, @kcov mapped, makes calls.
 * In the child: what they added.
 */
static void child_adds(const struct kcov *kcov, const char *check) {
  wait_still(kcov);
  say(check, "%s", records(kcov));
}

static void wait_child(pid_t pid) {
  int status;
  need(sys(waitpid(pid, &status, 0)), "waitpid");
}

static void by_fork(void) {
  struct kcov kcov = kcov_new(WORDS);
  need(enable(&kcov), "ENABLE");
  pid_t pid = (pid_t)need(sys(fork()), "fork");
  if (pid == 0) {
    child_adds(&kcov, "records");
    say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
    say_rc("enable", enable(&kcov));
    _exit(0);
  }
  wait_child(pid);
  say("parent-records", "%s", records(&kcov));
}

static void by_vfork(void) {
  static struct kcov kcov; /* not in the frame that both return to */
  kcov = kcov_new(WORDS);
  need(enable(&kcov), "ENABLE");
  pid_t pid = vfork();
  if (pid == 0) {
    child_adds(&kcov, "records");
    say_rc("enable", enable(&kcov));
    _exit(0);
  }
  need(sys(pid), "vfork");
  wait_child(pid);
  say("parent-records", "%s", records(&kcov));
}

static int clone_main(void *arg) {
  const struct kcov *kcov = arg;
  child_adds(kcov, "records");
  say_rc("enable", enable(kcov));
  return 0;
}

static void by_clone(void) {
  static char stack[64 << 10] __attribute__((aligned(16)));
  static struct kcov kcov;
  kcov = kcov_new(WORDS);
  need(enable(&kcov), "ENABLE");
  pid_t pid = clone(clone_main, stack + sizeof(stack),
                    CLONE_VM | CLONE_VFORK | SIGCHLD, &kcov);
  need(sys(pid), "clone");
  wait_child(pid);
  say("parent-records", "%s", records(&kcov));
}

static void by_pthread(void) {
  struct kcov kcov = kcov_new(WORDS);
  need(enable(&kcov), "ENABLE");
  struct agent owner;
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  agent_thread(&owner);
  need(agent_ioctl(&owner, kcov.fd, ENABLE, 0), "ENABLE");
  wait_still(&kcov);
  say("records", "%s", records(&kcov)); /* by us, who do not own it */
  say_rc("enable", enable(&kcov));
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  kcov_reset(&kcov);
  agent_do(&owner, job_calls, 1, 0, 0);
  say("owner-records", "%s", grew(0, kcov_count(&kcov)));
  agent_end(&owner);
}

/* A thread that the owner makes. */
static void *thread_main(void *arg) {
  child_adds(arg, "records");
  say_rc("enable", enable(arg));
  return NULL;
}

static void by_owner_pthread(void) {
  struct kcov kcov = kcov_new(WORDS);
  pthread_t thread;
  need(enable(&kcov), "ENABLE");
  need(-pthread_create(&thread, NULL, thread_main, &kcov), "thread");
  pthread_join(thread, NULL);
  say("owner-records", "%s", records(&kcov));
}

/* ---- Ownership goes from one to the next --------------------------------- */

/* The pattern of the documentation: prepared by the parent, enabled by the
 * child. */
static long job_enable(long fd, long b, long c) {
  (void)b, (void)c;
  return kcov_ioctl((int)fd, ENABLE, 0);
}

static void child_enables(void) {
  struct kcov kcov = kcov_new(WORDS);
  struct agent child;
  agent_process(&child);
  say_rc("child", agent_do(&child, job_enable, kcov.fd, 0, 0));
  kcov_reset(&kcov);
  agent_do(&child, job_calls, 1, 0, 0);
  say("parent-sees", "%s", grew(0, kcov_count(&kcov)));
  wait_still(&kcov);
  say("parent-adds", "%s", records(&kcov));
  say_rc("parent-enable", enable(&kcov));
  say_rc("parent-disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  agent_end(&child);
  say_rc("after-exit", enable(&kcov));
  say("records", "%s", records(&kcov));
}

/* 200 children that enable and die: none leaves the object owned. */
static void children(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  unsigned int ok = 0, shrank = 0;
  uint64_t last = 0;
  for (int i = 0; i < 200; i++) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
      long rc = enable(&kcov);
      some_calls();
      _exit(rc ? 1 : 0);
    }
    waitpid(pid, &status, 0);
    ok += status == 0;
    shrank += kcov_count(&kcov) <= last && last < kcov.words - 1;
    last = kcov_count(&kcov);
  }
  say("enabled", "%u", ok);
  say("count", "%s", shrank ? "stood still" : "grew each time");
}

/* 100 times from thread to thread. */
static void handed_on(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  struct agent agent[2];
  unsigned int ok = 0;
  agent_thread(&agent[0]);
  agent_thread(&agent[1]);
  for (int i = 0; i < 100; i++) {
    struct agent *owner = &agent[i % 2], *other = &agent[(i + 1) % 2];
    ok += agent_ioctl(owner, kcov.fd, ENABLE, 0) == 0 &&
          agent_ioctl(other, kcov.fd, ENABLE, 0) == -EINVAL &&
          agent_ioctl(other, kcov.fd, DISABLE, 0) == -EINVAL &&
          agent_ioctl(owner, kcov.fd, DISABLE, 0) == 0;
  }
  say("rounds", "%u", ok);
  say("count", "%s", grew(0, kcov_count(&kcov)));
  agent_end(&agent[0]);
  agent_end(&agent[1]);
}

/* ---- Races --------------------------------------------------------------- */

enum { RACERS = 6, ROUNDS = 50 };

/* How many of several threads that make a call at once succeed. */
static unsigned int winners(struct agent agents[RACERS], int fd,
                            unsigned long cmd, unsigned long arg) {
  unsigned int n = 0;
  for (int i = 0; i < RACERS; i++)
    agent_post_ioctl(&agents[i], fd, cmd, arg);
  for (int i = 0; i < RACERS; i++)
    n += agent_wait(&agents[i]) == 0;
  return n;
}

static void race(void) {
  struct agent agents[RACERS];
  int fd = kcov_sized(WORDS);
  unsigned int init = 0, enabled = 0;
  for (int i = 0; i < RACERS; i++)
    agent_thread(&agents[i]);
  for (int i = 0; i < ROUNDS; i++) {
    int fresh = kcov_open();
    init += winners(agents, fresh, INIT_TRACE, WORDS) == 1;
    close(fresh);
    enabled += winners(agents, fd, ENABLE, 0) == 1;
    for (int j = 0; j < RACERS; j++)
      agent_ioctl(&agents[j], fd, DISABLE, 0);
  }
  say("init-one-winner", "%u rounds", init);
  say("enable-one-winner", "%u rounds", enabled);
  for (int i = 0; i < RACERS; i++)
    agent_end(&agents[i]);
}

/* ---- Several objects ----------------------------------------------------- */

static void two_objects(void) {
  struct kcov first = kcov_new(BIG_WORDS), second = kcov_new(BIG_WORDS);
  say_rc("enable", enable(&first));
  say_rc("second", enable(&second));
  say_rc("second-bad-mode", kcov_ioctl(second.fd, ENABLE, 7));
  say_rc("second-mode-1", kcov_ioctl(second.fd, ENABLE, 1));
  say_rc("second-disable", kcov_ioctl(second.fd, DISABLE, 0));
  say("first-records", "%s", records(&first));
  say_rc("disable", kcov_ioctl(first.fd, DISABLE, 0));
  say_rc("second-now", enable(&second));
  say("second-records", "%s", records(&second));
  uint64_t before = kcov_count(&first);
  some_calls();
  say("first-then", "%s", grew(before, kcov_count(&first)));
}

static void two_owners(void) {
  struct kcov first = kcov_new(WORDS), second = kcov_new(WORDS);
  struct agent agent;
  agent_thread(&agent);
  say_rc("first", enable(&first));
  say_rc("second", agent_ioctl(&agent, second.fd, ENABLE, 0));
  say_rc("second-by-first", kcov_ioctl(second.fd, DISABLE, 0));
  say_rc("first-by-second", agent_ioctl(&agent, first.fd, DISABLE, 0));
  say("first-records", "%s", records(&first));
  kcov_reset(&second);
  agent_do(&agent, job_calls, 1, 0, 0);
  say("second-records", "%s", grew(0, kcov_count(&second)));
  say_rc("disable-first", kcov_ioctl(first.fd, DISABLE, 0));
  kcov_reset(&second);
  agent_do(&agent, job_calls, 1, 0, 0);
  say("second-still", "%s", grew(0, kcov_count(&second)));
  agent_end(&agent);
}

#define THREADS 32
static void many_threads(void) {
  struct agent agents[THREADS];
  struct kcov kcov[THREADS];
  unsigned int enabled = 0, recorded = 0, disabled = 0;
  for (int i = 0; i < THREADS; i++) {
    kcov[i] = kcov_new(BIG_WORDS / 8);
    agent_thread(&agents[i]);
    enabled += agent_ioctl(&agents[i], kcov[i].fd, ENABLE, 0) == 0;
    kcov_reset(&kcov[i]);
  }
  for (int i = 0; i < THREADS; i++)
    agent_post(&agents[i], job_calls, 2, 0, 0);
  for (int i = 0; i < THREADS; i++)
    agent_wait(&agents[i]);
  for (int i = 0; i < THREADS; i++) {
    recorded += kcov_count(&kcov[i]) > 0;
    if (i % 2)
      disabled += agent_ioctl(&agents[i], kcov[i].fd, DISABLE, 0) == 0;
    agent_end(&agents[i]);
  }
  say("enabled", "%u", enabled);
  say("recorded", "%u", recorded);
  say("disabled", "%u", disabled);
  unsigned int reused = 0;
  for (int i = 0; i < THREADS; i++) {
    reused += enable(&kcov[i]) == 0;
    kcov_ioctl(kcov[i].fd, DISABLE, 0);
  }
  say("reused", "%u", reused);
}

/* ---- As syzkaller's executor does ---------------------------------------- */

static long job_program(long fd, long area, long n) {
  volatile uint64_t *count = (volatile uint64_t *)area;
  if (kcov_ioctl((int)fd, ENABLE, 0))
    return -1;
  long recorded = 0;
  for (long i = 0; i < n; i++) {
    *count = 0;
    syscall(SYS_read, -1, NULL, 0);
    recorded += *count > 0;
  }
  return recorded;
}

static void executor(void) {
  enum { OBJECTS = 4, PROGRAMS = 20 };
  struct kcov kcov[OBJECTS];
  unsigned int ok = 0;
  for (int i = 0; i < OBJECTS; i++) {
    int low = kcov_open();
    kcov[i].fd = 216 + i;
    kcov[i].words = BIG_WORDS;
    need(sys(dup2(low, kcov[i].fd)), "dup2");
    close(low);
    need(kcov_ioctl(kcov[i].fd, INIT_TRACE, BIG_WORDS), "INIT_TRACE");
    char *hole = mmap(NULL, BIG_WORDS * 8 + 2 * PAGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(sys_map(hole), "mmap");
    kcov[i].area = mmap(hole + PAGE, BIG_WORDS * 8, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_FIXED, kcov[i].fd, 0);
    need(sys_map((void *)kcov[i].area), "mmap");
  }
  for (int program = 0; program < PROGRAMS; program++) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
      struct agent agents[OBJECTS];
      bool good = true;
      for (int i = 0; i < OBJECTS; i++) {
        agent_thread(&agents[i]);
        agent_post(&agents[i], job_program, kcov[i].fd, (long)kcov[i].area, 10);
      }
      for (int i = 0; i < OBJECTS; i++)
        good &= agent_wait(&agents[i]) == 10;
      _exit(good ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    ok += status == 0;
  }
  say(NULL, "%u programs", ok);
}

/* ---- Signals, stops ------------------------------------------------------ */

static volatile uint64_t *handler_area;
static volatile uint64_t in_handler;

static void handler(int sig) {
  (void)sig;
  *handler_area = 0;
  some_calls();
  in_handler = *handler_area;
}

static void in_signal_handler(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  struct sigaction action = {.sa_handler = handler};
  handler_area = kcov.area;
  need(enable(&kcov), "ENABLE");
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  say("handler", "%s", grew(0, in_handler));
  kcov_reset(&kcov);
  raise(SIGUSR1);
  say("delivery", "%s", grew(in_handler, kcov_count(&kcov)));
}

static void stopped(void) {
  struct kcov kcov = kcov_new(BIG_WORDS);
  struct agent owner;
  int status = 0;
  agent_process(&owner);
  need(agent_do(&owner, job_enable, kcov.fd, 0, 0), "ENABLE");
  need(sys(kill(owner.pid, SIGSTOP)), "SIGSTOP");
  need(sys(waitpid(owner.pid, &status, WUNTRACED)), "waitpid");
  say("stopped", "%s", WIFSTOPPED(status) ? "yes" : "no");
  say_rc("enable", enable(&kcov));
  kcov_reset(&kcov);
  some_calls();
  say("records", "%s", grew(0, kcov_count(&kcov)));
  need(sys(kill(owner.pid, SIGCONT)), "SIGCONT");
  agent_do(&owner, job_calls, 1, 0, 0);
  say("continued", "%s", grew(0, kcov_count(&kcov)));
  agent_end(&owner);
}

static const struct scenario scenarios[] = {
    {"task/fork", by_fork,
     CHECKS("records", "disable", "enable", "parent-records")},
    {"task/vfork", by_vfork, CHECKS("records", "enable", "parent-records")},
    {"task/clone-vm", by_clone, CHECKS("records", "enable", "parent-records")},
    {"task/other-thread", by_pthread,
     CHECKS("records", "enable", "disable", "owner-records")},
    {"task/new-thread", by_owner_pthread,
     CHECKS("records", "enable", "owner-records")},
    {"task/child-enables", child_enables,
     CHECKS("child", "parent-sees", "parent-adds", "parent-enable",
            "parent-disable", "after-exit", "records")},
    {"task/200-children", children, CHECKS("enabled", "count")},
    {"task/handed-on", handed_on, CHECKS("rounds", "count")},
    {"task/race", race, CHECKS("init-one-winner", "enable-one-winner")},
    {"task/two-objects", two_objects,
     CHECKS("enable", "second", "second-bad-mode", "second-mode-1",
            "second-disable", "first-records", "disable", "second-now",
            "second-records", "first-then")},
    {"task/two-owners", two_owners,
     CHECKS("first", "second", "second-by-first", "first-by-second",
            "first-records", "second-records", "disable-first",
            "second-still")},
    {"task/32-threads", many_threads,
     CHECKS("enabled", "recorded", "disabled", "reused")},
    {"task/syzkaller", executor, NULL},
    {"task/signal-handler", in_signal_handler, CHECKS("handler", "delivery")},
    {"task/stopped", stopped,
     CHECKS("stopped", "enable", "records", "continued")},
};

void add_task_cases(void) { add_scenarios(scenarios, N_OF(scenarios)); }
