/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * guest.c - a loop of getppid(), in one or more tasks, with or without kcov
 *
 * guest TASKS ENABLED CALLS: prints nanoseconds per call, all tasks together,
 * and how many PCs the last call of the first task had. Static, not
 * instrumented; runs on Linux, too.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <kcov8/uapi.h>

enum { WORDS = 16 << 10, MAX_TASKS = 64 };

static pthread_barrier_t barrier;
static int enabled;
static long calls;
static uint64_t last_count;

static uint64_t *enable(void) {
  const int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  if (fd < 0 || ioctl(fd, KCOV8_INIT_TRACE64, WORDS)) {
    perror("kcov");
    exit(1);
  }
  uint64_t *const words = mmap(NULL, WORDS * sizeof(*words),
                               PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (words == MAP_FAILED || ioctl(fd, KCOV8_ENABLE, KCOV8_TRACE_PC)) {
    perror("kcov");
    exit(1);
  }
  return words;
}

static void *run(void *first) {
  static __thread uint64_t no_kcov;
  volatile uint64_t *const words = enabled ? enable() : &no_kcov;
  uint64_t count = 0;
  pthread_barrier_wait(&barrier);
  for (long i = 0; i < calls; i++) {
    words[0] = 0;
    syscall(SYS_getppid);
    count = words[0];
  }
  pthread_barrier_wait(&barrier);
  if (first)
    last_count = count;
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  pthread_t threads[MAX_TASKS];
  if (argc != 4)
    return 2;
  const unsigned int tasks = (unsigned int)atoi(argv[1]);
  enabled = atoi(argv[2]);
  calls = atol(argv[3]) / tasks;
  if (tasks > MAX_TASKS)
    return 2;
  pthread_barrier_init(&barrier, NULL, tasks + 1);
  for (unsigned int t = 0; t < tasks; t++)
    pthread_create(&threads[t], NULL, run, t ? NULL : &barrier);
  pthread_barrier_wait(&barrier);
  const double start = now();
  pthread_barrier_wait(&barrier);
  const double spent = now() - start;
  for (unsigned int t = 0; t < tasks; t++)
    pthread_join(threads[t], NULL);
  printf("%.1f %llu\n", spent / (double)(calls * tasks),
         (unsigned long long)last_count);
  return 0;
}
