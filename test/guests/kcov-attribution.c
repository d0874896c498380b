/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Two threads with kcov enabled at the same time: one writes to and reads from
 * a pipe, one calls stat. Each empties its buffer before each call, and
 * remembers all PCs that it ever saw. Prints `pipe 0xPC` and `stat 0xPC` lines.
 *
 *     kcov-attribution ROUNDS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define WORDS 4096ul
#define MOST 4096

static int rounds;
static pthread_barrier_t both;

struct worker {
  const char *name;
  void (*call)(void);
  uint64_t seen[MOST];
  size_t n_seen;
};

static int pipe_fds[2];

static void call_pipe(void) {
  char byte = 1;
  require(write(pipe_fds[1], &byte, 1) == 1, "write");
  require(read(pipe_fds[0], &byte, 1) == 1, "read");
}

static void call_stat(void) {
  struct stat s;
  require(stat("/dev/null", &s) == 0, "stat");
}

static void remember(struct worker *w, uint64_t pc) {
  for (size_t i = 0; i < w->n_seen; i++)
    if (w->seen[i] == pc)
      return;
  require(w->n_seen < MOST, "too many PCs");
  w->seen[w->n_seen++] = pc;
}

static void *work(void *arg) {
  struct worker *const w = arg;
  const int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  require(fd >= 0, "open");
  require(ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  volatile uint64_t *const cover =
      mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  pthread_barrier_wait(&both);
  require(ioctl(fd, ENABLE, 0) == 0, "ENABLE");
  for (int i = 0; i < rounds; i++) {
    cover[0] = 0;
    w->call();
    require(cover[0] > 0, "no PC");
    for (uint64_t n = cover[0], k = 1; k <= n; k++)
      remember(w, cover[k]);
  }
  require(ioctl(fd, DISABLE, 0) == 0, "DISABLE");
  pthread_barrier_wait(&both);
  return NULL;
}

int main(int argc, char **argv) {
  static struct worker workers[2] = {{.name = "pipe", .call = call_pipe},
                                     {.name = "stat", .call = call_stat}};
  pthread_t threads[2];
  rounds = argc > 1 ? atoi(argv[1]) : 1000;
  require(pipe(pipe_fds) == 0, "pipe");
  pthread_barrier_init(&both, NULL, 2);
  for (int i = 0; i < 2; i++)
    require(!pthread_create(&threads[i], NULL, work, &workers[i]), "thread");
  for (int i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  for (int i = 0; i < 2; i++)
    for (size_t k = 0; k < workers[i].n_seen; k++)
      printf("%s 0x%llx\n", workers[i].name,
             (unsigned long long)workers[i].seen[k]);
  return 0;
}
