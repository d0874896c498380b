/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What a kcov window holds, seen from a guest with a plain libc: blocks that
 * ran before ENABLE never appear, after DISABLE nothing does, a reset empties,
 * a thread blocked in read() shows what it reached. Prints `PHASE 0xPC` lines
 * for the test to symbolize; exits 1 at the first wrong thing.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define WORDS 65536ul

static volatile uint64_t *cover;

/* What the buffer holds now, before a printf adds to it. */
static uint64_t seen[WORDS];

static void take(void) {
  seen[0] = cover[0];
  require(seen[0] > 0, "no PC");
  require(seen[0] < WORDS, "count is not below the number of words");
  for (uint64_t i = 1; i <= seen[0]; i++)
    seen[i] = cover[i];
}

static void print(const char *phase) {
  for (uint64_t i = 1; i <= seen[0]; i++) {
    require(seen[i] % 16 == 0 && seen[i] >= 0xffffffff80000000ull &&
                seen[i] < 0xffffffffff000000ull,
            "PC outside the window");
    printf("%s 0x%llx\n", phase, (unsigned long long)seen[i]);
  }
}

static void check_once_each(void) {
  for (uint64_t i = 1; i <= seen[0]; i++)
    for (uint64_t j = i + 1; j <= seen[0]; j++)
      require(seen[i] != seen[j], "a PC twice in one flush");
}

static int pipe_fds[2];
static int kcov;

static void *blocked_reader(void *arg) {
  char byte;
  (void)arg;
  require(ioctl(kcov, ENABLE, 0) == 0, "ENABLE in a thread");
  cover[0] = 0;
  require(read(pipe_fds[0], &byte, 1) == 1, "read from the pipe");
  return NULL; /* exits while enabled */
}

int main(void) {
  struct timespec pause = {0, 10000000};
  int sockets[2];
  pthread_t thread;

  kcov = open("/sys/kernel/debug/kcov", O_RDWR);
  require(kcov >= 0, "open");
  require(ioctl(kcov, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
  require(cover != MAP_FAILED, "mmap");

  mkdir("/tmp/before", 0700); /* must not appear */
  require(ioctl(kcov, ENABLE, 0) == 0, "ENABLE");
  cover[0] = 0;
  getppid();
  take();
  check_once_each();
  print("getppid");

  cover[0] = 0;
  getppid();
  take();
  print("again");

  require(ioctl(kcov, DISABLE, 0) == 0, "DISABLE");
  uint64_t count = cover[0];
  require(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "socketpair");
  mkdir("/tmp/after", 0700);
  require(cover[0] == count, "a PC after DISABLE");

  require(pipe(pipe_fds) == 0, "pipe");
  cover[0] = 0;
  require(pthread_create(&thread, NULL, blocked_reader, NULL) == 0, "thread");
  for (int i = 0; i < 500 && cover[0] == 0; i++)
    nanosleep(&pause, NULL);
  nanosleep(&pause, NULL);
  take();
  print("blocked");
  require(write(pipe_fds[1], "x", 1) == 1, "write");
  pthread_join(thread, NULL);

  /* The thread exited while enabled: the file is free again. */
  require(ioctl(kcov, ENABLE, 0) == 0, "ENABLE after the owner's exit");
  require(ioctl(kcov, DISABLE, 0) == 0, "DISABLE at the end");
  puts("done");
  return 0;
}
