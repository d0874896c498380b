/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-fork.c - guest test: fork() takes the same way each time
 *
 * How many children there are and have been is nothing that its coverage
 * shows: with and without an engine that one of them left behind, for a
 * process that handles SIGSEGV, too.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define WORDS 16384ul
#define CHILDREN 12

static int kcov;
static uint64_t *cover;
static uint64_t first[WORDS];

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* A child that ends when @end is closed; its coverage is sorted in @cover. */
static pid_t traced_fork(const int end[2]) {
  require(ioctl(kcov, ENABLE, 0) == 0, "ENABLE");
  cover[0] = 0;
  pid_t pid = fork();
  if (pid == 0) {
    char c;
    close(end[1]);
    _exit(read(end[0], &c, 1) != 0);
  }
  require(pid > 0, "fork");
  require(ioctl(kcov, DISABLE, 0) == 0, "DISABLE");
  require(cover[0] > 100 && cover[0] < WORDS - 1, "coverage");
  qsort(cover + 1, cover[0], sizeof(*cover), by_value);
  return pid;
}

/* All at the same time, then one after the other. */
static void compare(const char *what) {
  pid_t pid[CHILDREN];
  int end[2], same = 1, status;
  for (int together = 1; together >= 0; together--) {
    require(pipe(end) == 0, "pipe");
    for (int i = 0; i < CHILDREN; i++) {
      pid[i] = traced_fork(end);
      if (together == 1 && i == 0)
        memcpy(first, cover, (cover[0] + 1) * sizeof(*cover));
      same &= !memcmp(first, cover, (first[0] + 1) * sizeof(*cover));
      if (!together) {
        close(end[0]);
        close(end[1]);
        require(waitpid(pid[i], &status, 0) == pid[i] && !status, "waitpid");
        require(pipe(end) == 0, "pipe");
      }
    }
    close(end[0]);
    close(end[1]);
    for (int i = 0; together && i < CHILDREN; i++)
      require(waitpid(pid[i], &status, 0) == pid[i] && !status, "waitpid");
  }
  check(same, what);
}

static void handler(int sig) { _exit(sig); }

int main(void) {
  kcov = open("/sys/kernel/debug/kcov", O_RDWR);
  require(kcov >= 0 && ioctl(kcov, INIT_TRACE, WORDS) == 0, "kcov");
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
  require(cover != MAP_FAILED, "mmap");
  int end[2];
  require(pipe(end) == 0, "pipe");
  traced_fork(end); /* this one stays: the first fork is different */
  compare("fork");
  signal(SIGSEGV, handler);
  compare("with a handler");
  return 0;
}
