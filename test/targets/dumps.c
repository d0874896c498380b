/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dumps WAY - a process forks, and both dump (KCOV8_OUT); or it is killed while
 * it dumps. Instrumented, but for what the runtime calls.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAIN __attribute__((no_sanitize("coverage")))

static const char *killed_in = "";

PLAIN static void perhaps_die(const char *call) {
  if (strcmp(killed_in, call) == 0)
    raise(SIGKILL);
}

/* The runtime's, instead of libc's. */
PLAIN ssize_t write(int fd, const void *from, size_t n) {
  perhaps_die("write");
  return syscall(SYS_write, fd, from, n);
}

PLAIN int linkat(int from, const char *old, int to, const char *name,
                 int flags) {
  perhaps_die("linkat");
  return (int)syscall(SYS_linkat, from, old, to, name, flags);
}

__attribute__((noinline)) static int in_child(int x) {
  return x > 1 ? x * 3 : 0;
}
__attribute__((noinline)) static int in_parent(int x) {
  return x > 1 ? x * 5 : 0;
}

static int of_fork(int argc) {
  int status = 1;
  const pid_t child = fork();
  if (child == 0)
    return in_child(argc) != 6;
  if (child < 0 || waitpid(child, &status, 0) != child || status)
    return 1;
  return in_parent(argc) != 10;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  if (strcmp(argv[1], "fork") == 0)
    return of_fork(argc);
  killed_in = argv[1];
  return in_parent(1);
}
