// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * tree.c - a command, and all processes that come of it
 *
 * No handlers: signals are held back and fetched, so the command finds those
 * dispositions that we found.
 */
#include "cmd/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT,
                                SIGTERM, SIGUSR1, SIGUSR2};

static void held(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGCHLD);
  for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
    sigaddset(set, passed_on[i]);
}

void tree_hold_signals(sigset_t *before) {
  sigset_t set;
  held(&set);
  sigprocmask(SIG_BLOCK, &set, before);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Start --------------------------------------------------------------- */

static pid_t start(struct tree *t, char **argv, const sigset_t *before) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    t->error = errno;
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) {
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(argv[0], argv);
    int error = errno;
    (void)!write(ends[1], &error, sizeof(error));
    _exit(127);
  }
  if (pid < 0)
    t->error = errno;
  close(ends[1]);
  ssize_t n;
  do
    n = pid < 0 ? 0 : read(ends[0], &t->error, sizeof(t->error));
  while (n < 0 && errno == EINTR);
  close(ends[0]);
  if (n > 0) {
    waitpid(pid, NULL, 0);
    return -1;
  }
  return pid;
}

/* ---- Wait ---------------------------------------------------------------- */

/* Take leave of all that have ended. Return: some still run. */
static bool reap(struct tree *t, pid_t command, bool *ended) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0)
      return pid == 0;
    if (pid == command) {
      t->status = status;
      *ended = true;
    }
  }
}

/* Of a terminal, the whole process group got it, the command among them. */
static bool from_terminal(const siginfo_t *info) { return info->si_code > 0; }

static void wait_for_command(struct tree *t, pid_t command,
                             const sigset_t *set) {
  bool ended = false;
  while (reap(t, command, &ended), !ended) {
    siginfo_t info;
    int number = sigwaitinfo(set, &info);
    if (number > 0 && number != SIGCHLD && !from_terminal(&info))
      kill(command, number);
  }
}

/* Those that the command left behind; any signal ends it. */
static bool wait_for_others(struct tree *t, const sigset_t *set) {
  double until = now() + TREE_GRACE;
  bool ended = false;
  while (reap(t, -1, &ended)) {
    double left = until - now();
    if (left <= 0)
      return false;
    struct timespec time = {(time_t)left,
                            (long)((left - (double)(time_t)left) * 1e9)};
    int number = sigtimedwait(set, NULL, &time);
    if (number > 0 && number != SIGCHLD)
      return false;
  }
  return true;
}

void tree_run(struct tree *t, char **argv, const sigset_t *before) {
  sigset_t set;
  siginfo_t info;
  held(&set);
  *t = (struct tree){0};
  /* Of a program that became us by exec: they may run as long as we do. */
  bool had_children = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  double began = now();
  pid_t command = start(t, argv, before);
  if (command < 0)
    return;
  wait_for_command(t, command, &set);
  t->seconds = now() - began;
  t->outlived = !had_children && !wait_for_others(t, &set);
}

void tree_exit(const struct tree *t) {
  if (t->error)
    exit(t->error == ENOENT ? 127 : 126);
  if (!WIFSIGNALED(t->status))
    exit(WEXITSTATUS(t->status));
  /* The core, if any, is the command's. */
  const struct rlimit no_core = {0, 0};
  int number = WTERMSIG(t->status);
  sigset_t set;
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);
  signal(number, SIG_DFL);
  sigemptyset(&set);
  sigaddset(&set, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  exit(128 + number);
}
