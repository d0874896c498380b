/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Background work, seen from a guest: the kernel's alarms, for a file with a
 * common handle. Prints the PCs of one alarm.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alarm.h"
#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define DISABLE _IO('c', 101)
#define REMOTE_ENABLE _IOW('c', 102, struct remote_arg)
#define WORDS 4096ul
struct remote_arg {
  uint32_t trace_mode;
  uint32_t area_size;
  uint32_t num_handles;
  uint32_t padding;
  uint64_t common_handle;
};

static volatile uint64_t *cover;

static int remote_enable(int fd, uint32_t mode, uint64_t handle) {
  struct remote_arg arg = {
      .trace_mode = mode, .area_size = WORDS, .common_handle = handle};
  return ioctl(fd, REMOTE_ENABLE, &arg);
}

/* A child that rings when it is told. */
struct child {
  pid_t pid;
  int tell[2];
};

static void child_start(struct child *child) {
  char byte;
  require(pipe(child->tell) == 0, "pipe");
  child->pid = fork();
  require(child->pid >= 0, "fork");
  if (child->pid)
    return;
  if (read(child->tell[0], &byte, 1) == 1)
    ring();
  _exit(0);
}

static void child_ring(struct child *child) {
  int status;
  require(write(child->tell[1], "x", 1) == 1, "write");
  require(waitpid(child->pid, &status, 0) == child->pid && status == 0,
          "child");
}

static uint64_t take(void) {
  const uint64_t n = cover[0];
  cover[0] = 0;
  return n;
}

int main(void) {
  struct child before, after;
  const struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  require(fd >= 0 && ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  child_start(&before);
  require(remote_enable(fd, 0, 0x42) == 0, "REMOTE_ENABLE");
  child_start(&after);
  require(take() == 0, "the owner's own calls were recorded");

  ring();
  const uint64_t mine = cover[0];
  require(mine > 0 && mine < WORDS, "own alarm");
  for (uint64_t i = 1; i <= mine; i++)
    printf("0x%llx\n", (unsigned long long)cover[i]);
  take();
  child_ring(&before); /* has no handle */
  require(take() == 0, "somebody else's alarm was recorded");
  child_ring(&after); /* inherited it */
  require(take() > 0, "alarm of a child");
  require(ioctl(fd, DISABLE, 0) == 0, "DISABLE");
  ring();
  require(take() == 0, "alarm after DISABLE");

  require(remote_enable(fd, 1, 0x42) == 0, "REMOTE_ENABLE, comparisons");
  ring();
  require(cover[0] > 0 && cover[0] <= (WORDS - 1) / 4, "records");
  for (uint64_t i = 0; i < cover[0]; i++)
    require(cover[1 + 4 * i] <= 7, "type of a record");
  return 0; /* the exit releases the handle */
}
