// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * Two tasks on two threads and a third thread without one, all at work at the
 * same time. Prints `TASK 0xPC` for what each task's flushes delivered. Starts
 * and stops tracing 100 times, while functions are live across it.
 */
#include <kcov8/kcov8.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

void work_0(int n), work_1(int n), work_2(int n);
int live_across(int (*call)(void *), void *arg, int n);

static struct kcov8_device *device;
static pthread_barrier_t all;
static volatile int stop;

struct worker {
  int number;
  struct kcov8_file *file;
  struct kcov8_task task;
  struct kcov8_area area;
  uint64_t seen[512];
  size_t n_seen;
};

static void check(int ok, const char *what) {
  if (ok)
    return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void take(struct worker *w) {
  volatile uint64_t *const cover = w->area.base;
  for (uint64_t i = 1; i <= cover[0]; i++) {
    size_t k = 0;
    while (k < w->n_seen && w->seen[k] != cover[i])
      k++;
    if (k == w->n_seen)
      w->seen[w->n_seen++] = cover[i];
  }
  cover[0] = 0;
}

static int enable(void *arg) {
  struct worker *const w = arg;
  return kcov8_ioctl(w->file, &w->task, KCOV8_ENABLE, 0);
}

static int disable(void *arg) {
  struct worker *const w = arg;
  return kcov8_ioctl(w->file, &w->task, KCOV8_DISABLE, 0);
}

static void *traced(void *arg) {
  struct worker *const w = arg;
  kcov8_task_init(&w->task);
  kcov8_task_set_current(&w->task);
  check(!kcov8_open(device, &w->file), "open");
  check(!kcov8_ioctl(w->file, &w->task, KCOV8_INIT_TRACE64, 1024), "init");
  check(!kcov8_mmap(w->file, 1024 * 8, 0, &w->area), "mmap");
  pthread_barrier_wait(&all);
  for (int round = 0; round < 100; round++) {
    check(!live_across(enable, w, w->number), "enable");
    for (int i = 0; i < 50; i++) {
      (w->number ? work_1 : work_0)(i);
      kcov8_syscall_return(&w->task);
      take(w);
    }
    check(!live_across(disable, w, w->number), "disable");
    take(w);
    (w->number ? work_0 : work_1)(round); /* the other's, while off */
  }
  kcov8_task_exit(&w->task);
  kcov8_task_set_current(NULL);
  kcov8_file_put(w->file);
  return NULL;
}

static void *untraced(void *arg) {
  kcov8_task_set_current(NULL);
  pthread_barrier_wait(&all);
  for (int i = 0; !stop; i++)
    work_2(i);
  return arg;
}

/* On machines of 32 bits, too. */
static const struct kcov8_host host = {.size = sizeof(host), .word_bytes = 8};

int main(void) {
  static struct worker workers[2] = {{.number = 0}, {.number = 1}};
  pthread_t threads[3];
  check(!kcov8_device_create(&host, &device), "device");
  pthread_barrier_init(&all, NULL, 3);
  pthread_create(&threads[2], NULL, untraced, NULL);
  for (int i = 0; i < 2; i++)
    pthread_create(&threads[i], NULL, traced, &workers[i]);
  for (int i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  stop = 1;
  pthread_join(threads[2], NULL);
  check(!kcov8_device_destroy(device), "something was left");
  for (int i = 0; i < 2; i++)
    for (size_t k = 0; k < workers[i].n_seen; k++)
      printf("%d 0x%llx\n", i, (unsigned long long)workers[i].seen[k]);
  return 0;
}
