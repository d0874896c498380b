/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * fork.c - guest test: fork, vfork, posix_spawn, execve, wait, pipes, groups
 *
 * Runs itself with an argument for the execve tests.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

extern char **environ;
static const char *self;

static int private_value = 1;

static void simple(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    private_value = 2;
    _exit(getppid() > 0 ? 11 : 12);
  }
  check(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
            WEXITSTATUS(status) == 11,
        "fork and exit status");
  check(private_value == 1, "memory is private");
  check(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD, "no child");
  child = fork();
  if (child == 0)
    for (;;)
      pause();
  check(waitpid(child, &status, WNOHANG) == 0, "WNOHANG");
  kill(child, SIGSTOP);
  check(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) &&
            WSTOPSIG(status) == SIGSTOP,
        "stopped");
  kill(child, SIGCONT);
  check(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status),
        "continued");
  kill(child, SIGKILL);
  siginfo_t info;
  check(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0 &&
            info.si_code == CLD_KILLED && info.si_status == SIGKILL,
        "waitid");
  check(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL,
        "killed");
}

static void many(void) {
  int fd[2], sum = 0, status, failed = 0;
  unsigned char byte;
  if (pipe(fd))
    check(0, "pipe");
  for (unsigned char i = 0; i < 10; i++)
    if (fork() == 0) {
      byte = i;
      _exit(write(fd[1], &byte, 1) == 1 ? 0 : 1);
    }
  close(fd[1]);
  while (read(fd[0], &byte, 1) == 1)
    sum += byte;
  close(fd[0]);
  for (int i = 0; i < 10; i++)
    failed += wait(&status) < 0 || status != 0;
  check(sum == 45 && !failed, "ten children and a pipe");
}

static void shared(void) {
  int *value = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4; i++)
    if (fork() == 0) {
      for (int j = 0; j < 1000; j++)
        __atomic_fetch_add(value, 1, __ATOMIC_SEQ_CST);
      _exit(0);
    }
  while (wait(NULL) > 0)
    ;
  check(*value == 4000, "shared memory, atomically");
}

static int run(char *const argv[], char *const envp[]) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    execve(self, argv, envp);
    _exit(99);
  }
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void programs(void) {
  char *argv[] = {"name", "child", "two words", "", NULL};
  char *envp[] = {"KEY=value", NULL};
  int status, fd = open("/", O_RDONLY | O_CLOEXEC);
  pid_t child;
  check(fd >= 0 && run(argv, envp) == 21, "execve: arguments, environment");
  check(execve("/does/not/exist", argv, envp) == -1 && errno == ENOENT,
        "execve: ENOENT");
  check(execve("/", argv, envp) == -1 && errno == EACCES, "execve: EACCES");
  child = vfork();
  if (child == 0) {
    private_value = 5;
    execve(self, argv, envp);
    _exit(99);
  }
  check(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 21 &&
            private_value == 5,
        "vfork");
  check(posix_spawn(&child, self, NULL, NULL, argv, envp) == 0 &&
            waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 21,
        "posix_spawn");
  check(posix_spawn(&child, "/does/not/exist", NULL, NULL, argv, envp) ==
            ENOENT,
        "posix_spawn: ENOENT");
}

static void *exec_in_thread(void *arg) {
  execve(self, arg, environ);
  return NULL;
}

static void from_thread(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    char *argv[] = {"name", "pid", NULL}, number[32];
    pthread_t thread;
    snprintf(number, sizeof(number), "%d", getpid());
    setenv("EXPECTED_PID", number, 1);
    pthread_create(&thread, NULL, exec_in_thread, argv);
    for (;;)
      pause();
  }
  waitpid(child, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 22, "execve in a thread");
}

static volatile sig_atomic_t got_chld;
static void on_chld(int sig) { got_chld = sig; }

static void reaping(void) {
  int status;
  signal(SIGCHLD, on_chld);
  pid_t child = fork();
  if (child == 0)
    _exit(0);
  while (!got_chld)
    usleep(1000);
  check(waitpid(child, &status, 0) == child, "SIGCHLD");
  signal(SIGCHLD, SIG_IGN);
  child = fork();
  if (child == 0)
    _exit(0);
  check(waitpid(child, &status, 0) == -1 && errno == ECHILD,
        "ignored SIGCHLD: no zombies");
  signal(SIGCHLD, SIG_DFL);
}

static void groups(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    pid_t me = getpid();
    int ok = setsid() == me && getsid(0) == me && getpgrp() == me &&
             setpgid(0, 0) == -1 && errno == EPERM;
    _exit(ok ? 0 : 1);
  }
  waitpid(child, &status, 0);
  check(status == 0, "setsid");
  child = fork();
  if (child == 0) {
    setpgid(0, 0);
    for (int i = 0; i < 2; i++)
      if (fork() == 0)
        for (;;)
          pause();
    kill(0, SIGTERM);
    for (;;)
      pause();
  }
  waitpid(child, &status, 0);
  check(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "kill of a group");
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "child")) {
    int ok = argc == 4 && !strcmp(argv[0], "name") &&
             !strcmp(argv[2], "two words") && !*argv[3] && environ[0] &&
             !strcmp(environ[0], "KEY=value") && !environ[1] &&
             fcntl(3, F_GETFD) == -1;
    return ok ? 21 : 98;
  }
  if (argc > 1 && !strcmp(argv[1], "pid"))
    return atoi(getenv("EXPECTED_PID")) == getpid() ? 22 : 98;
  self = "/proc/self/exe";
  simple();
  many();
  shared();
  programs();
  from_thread();
  reaping();
  groups();
  puts("fork: done");
  return 0;
}
