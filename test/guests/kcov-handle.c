/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-handle FILE.ko [ROUNDS] - what a kernel does for whoever has a handle
 *
 * Loads the module (examples/linux/module) and has it work for this process's
 * handle: prints PCs as `work 0xPC` of a kernel thread's work, `softirq 0xPC`
 * of a softirq's. Meanwhile another process traces its own system calls: `other
 * 0xPC`.
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define REMOTE_ENABLE _IOW('c', 102, struct remote_arg)
#define WORDS (1ul << 16)
#define DEBUG "/sys/kernel/debug/"
struct remote_arg {
  uint32_t trace_mode, area_size, num_handles, padding;
  uint64_t common_handle;
};

static volatile uint64_t *cover;

static int open_kcov(void) {
  const int fd = open(DEBUG "kcov", O_RDWR);
  require(fd >= 0, DEBUG "kcov");
  require(ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  return fd;
}

static void print(const char *what) {
  for (uint64_t i = 1; i <= cover[0]; i++)
    printf("%s 0x%llx\n", what, (unsigned long long)cover[i]);
}

/* One system call after the other, until there is a signal. */
static void trace_own(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  const int fd = open_kcov();
  require(ioctl(fd, ENABLE, 0) == 0, "ENABLE");
  static const struct timespec none;
  for (unsigned int i = 0; sigtimedwait(&set, NULL, &none) != SIGTERM; i++) {
    getppid();
    if (i % 256 == 0)
      require(cover[0] < WORDS - 1, "the buffer was too small");
    if (cover[0] > WORDS / 2) { /* the same again and again */
      print("other");
      cover[0] = 0;
    }
  }
  require(ioctl(fd, DISABLE, 0) == 0, "DISABLE");
  print("other");
  exit(fflush(stdout) != 0);
}

static void work(int fd, const char *where, int rounds) {
  for (int i = 0; i < rounds; i++) {
    cover[0] = 0;
    require(dprintf(fd, "%s 7", where) > 0, where);
    for (int tries = 0; !cover[0]; tries++) { /* a softirq's comes later */
      require(tries < 1000, "nothing came");
      usleep(1000);
    }
    print(where);
  }
}

int main(int argc, char **argv) {
  struct remote_arg arg = {.area_size = WORDS, .common_handle = 7};
  int status = -1;
  const int rounds = argc > 2 ? atoi(argv[2]) : 20;
  require(argc > 1, "usage: kcov-handle FILE.ko [ROUNDS]");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  const pid_t other = fork();
  if (other == 0)
    trace_own();
  require(other > 0, "fork");

  const int fd = open_kcov();
  require(ioctl(fd, REMOTE_ENABLE, &arg) == 0, "REMOTE_ENABLE");
  /* Its counters come when sections for softirqs are there already. */
  const int file = open(argv[1], O_RDONLY);
  require(file >= 0, argv[1]);
  require(syscall(SYS_finit_module, file, "", 0) == 0, "finit_module");
  const int remote = open(DEBUG "kcov8-remote", O_WRONLY);
  require(remote >= 0, DEBUG "kcov8-remote");
  work(remote, "work", rounds);
  work(remote, "softirq", rounds);
  close(remote);
  require(syscall(SYS_delete_module, "kcov8_sample", O_NONBLOCK) == 0,
          "delete_module");
  kill(other, SIGTERM);
  require(waitpid(other, &status, 0) == other && status == 0, "the other one");
  return fflush(stdout) != 0;
}
