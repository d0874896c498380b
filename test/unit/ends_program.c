/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ends_program.c - an "instrumented" program that ends as its argument says
 *
 * Runs block 0 before, block 2 in what it becomes by exec ("again") or goes on
 * with, block 7 in a child.
 */
#define _GNU_SOURCE
#include "dump_image.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *self;

static int is(const char *word, const char *other) {
  return strcmp(word, other) == 0;
}

static void do_exec(const char *how) {
  char again[] = "again", *argv[] = {self, again, NULL};
  if (is(how, "execl"))
    execl(self, self, again, (char *)NULL);
  else if (is(how, "execle"))
    execle(self, self, again, (char *)NULL, environ);
  else if (is(how, "execlp")) /* PATH leads to it */
    execlp("ends", self, again, (char *)NULL);
  else if (is(how, "execv"))
    execv(self, argv);
  else if (is(how, "execvp"))
    execvp("ends", argv);
  else if (is(how, "execvpe"))
    execvpe("ends", argv, environ);
  else if (is(how, "execve"))
    execve(self, argv, environ);
  else if (is(how, "execveat"))
    execveat(AT_FDCWD, self, argv, environ, 0);
  else if (is(how, "fexecve"))
    fexecve(open(self, O_RDONLY | O_CLOEXEC), argv, environ);
  else if (is(how, "script")) /* that the kernel does not know as one */
    execlp("script", "script", self, (char *)NULL);
}

/* As it does without us: errno, and the program goes on. */
static int do_failing_exec(void) {
  char *argv[] = {self, NULL};
  int bad = execl("/none", self, (char *)NULL) != -1 || errno != ENOENT;
  run(2);
  bad |= execvp("no such program", argv) != -1 || errno != ENOENT;
  bad |= execvp("", argv) != -1 || errno != ENOENT;
  bad |= execvp("/etc", argv) != -1 || errno != EACCES;
  bad |= execvp("script/x", argv) != -1 || errno != ENOTDIR;
  bad |= execvp("closed", argv) != -1 || errno != EACCES; /* found, no x */
  return bad;
}

static int wait_for(pid_t child) {
  int status = 1;
  return waitpid(child, &status, 0) != child || status;
}

static int do_vfork(void) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const pid_t child = vfork();
#pragma GCC diagnostic pop
  if (child == 0) {
    run(7);
    execl("/none", self, (char *)NULL);
    _exit(0);
  }
  return wait_for(child);
}

static int do_fork(pid_t child) {
  if (child == 0) {
    run(7);
    _exit(0);
  }
  return wait_for(child);
}

static int do_fork_exec(void) {
  const pid_t child = fork();
  if (child == 0) {
    run(7);
    do_exec("execl");
    _exit(1);
  }
  return wait_for(child);
}

static int do_spawn(void) {
  char again[] = "again", *argv[] = {self, again, NULL};
  pid_t child;
  return posix_spawn(&child, self, NULL, NULL, argv, environ) ||
         wait_for(child);
}

static void at_quick(void) { run(2); }

static void own_handler(int number) {
  run(2);
  _exit(number);
}

static void die(const char *how) {
  if (is(how, "_exit"))
    _exit(3);
  if (is(how, "_Exit"))
    _Exit(3);
  if (is(how, "quick_exit")) {
    at_quick_exit(at_quick);
    quick_exit(3);
  }
  if (is(how, "abort"))
    abort();
  if (is(how, "term"))
    raise(SIGTERM);
  if (is(how, "kill"))
    raise(SIGKILL);
  if (is(how, "own")) {
    signal(SIGTERM, own_handler);
    raise(SIGTERM);
  }
  if (is(how, "ignored")) {
    raise(SIGHUP); /* the shell ignores it for us */
    run(2);
  }
  if (is(how, "fault"))
    *(volatile int *)(uintptr_t)8 = 1; /* NOLINT: it shall */
}

int main(int argc, char **argv) {
  const char *const how = argc > 1 ? argv[1] : "";
  self = argv[0];
  if (is(how, "again")) {
    run(2);
    return 0;
  }
  run(0);
  do_exec(how);
  die(how);
  if (is(how, "failing-exec"))
    return do_failing_exec();
  if (is(how, "vfork"))
    return do_vfork();
  if (is(how, "fork"))
    return do_fork(fork());
  if (is(how, "raw-fork")) /* no handler of pthread_atfork() runs */
    return do_fork((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (is(how, "fork-exec"))
    return do_fork_exec();
  if (is(how, "spawn"))
    return do_spawn();
  return 0;
}
