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

struct task {
  pthread_t thread;
  double started, ended; /* nanoseconds */
  uint64_t last_count;   /* of the buffer, 0 without kcov */
};

static pthread_barrier_t barrier;
static int enabled;
static long calls;

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

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *run(void *arg) {
  static __thread uint64_t no_kcov;
  struct task *const task = arg;
  volatile uint64_t *const words = enabled ? enable() : &no_kcov;
  pthread_barrier_wait(&barrier);
  task->started = now();
  for (long i = 0; i < calls; i++) {
    words[0] = 0;
    syscall(SYS_getppid);
    task->last_count = words[0];
  }
  task->ended = now();
  return NULL;
}

int main(int argc, char **argv) {
  static struct task tasks[MAX_TASKS];
  if (argc != 4)
    return 2;
  const unsigned int n = (unsigned int)atoi(argv[1]);
  if (n < 1 || n > MAX_TASKS)
    return 2;
  enabled = atoi(argv[2]);
  calls = atol(argv[3]) / n;
  pthread_barrier_init(&barrier, NULL, n);
  for (unsigned int t = 0; t < n; t++)
    pthread_create(&tasks[t].thread, NULL, run, &tasks[t]);
  for (unsigned int t = 0; t < n; t++)
    pthread_join(tasks[t].thread, NULL);
  /* By the tasks' own clocks: this thread may run long after the barrier. */
  double started = tasks[0].started, ended = tasks[0].ended;
  for (unsigned int t = 1; t < n; t++) {
    started = tasks[t].started < started ? tasks[t].started : started;
    ended = tasks[t].ended > ended ? tasks[t].ended : ended;
  }
  printf("%.1f %llu\n", (ended - started) / (double)(calls * n),
         (unsigned long long)tasks[0].last_count);
  return 0;
}
