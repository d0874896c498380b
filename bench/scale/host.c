/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * host.c - threads that each make calls for a task of their own
 *
 * host THREADS CALLS off|file|one|remote|hold
 *   off     no task traces
 *   file    all do, and libkcov8.a has a lock per file
 *   one     all do, and there is one lock: the hook for more says there is none
 *   remote  each call is background work for a file of KCOV_REMOTE_ENABLE
 *   hold    as file, and the time for which locks are held is taken
 *
 * A program of a fuzzer is PROGRAM calls between ENABLE and DISABLE. Prints
 * calls per second of all threads, PCs per call; with hold also, in
 * nanoseconds, medians: of a call and its flush, of a file's lock per flush, of
 * the core's lock per program, each less the time that taking time takes.
 *
 * Locks go through here by the linker's --wrap.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kcov8/kcov8.h>

#include "work.h"

enum { PROGRAM = 30, WORDS = 4096, MAX_THREADS = 64, MAX_SAMPLES = 1 << 16 };

static struct kcov8_device *device;
static pthread_barrier_t barrier;
static long n_calls;
static bool tracing, remote, one_lock, timed;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- Locks --------------------------------------------------------------- */

/* Of one thread; only one runs with `hold`. */
static double file_since, file_held, core_since, core_held;

void *__real_kcov8_port_mutex_new(void);
void *__wrap_kcov8_port_mutex_new(void);
void __real_kcov8_port_mutex_lock(void *mutex);
void __wrap_kcov8_port_mutex_lock(void *mutex);
void __real_kcov8_port_mutex_unlock(void *mutex);
void __wrap_kcov8_port_mutex_unlock(void *mutex);
void __real_kcov8_port_lock(void);
void __wrap_kcov8_port_lock(void);
void __real_kcov8_port_unlock(void);
void __wrap_kcov8_port_unlock(void);

void *__wrap_kcov8_port_mutex_new(void) {
  return one_lock ? NULL : __real_kcov8_port_mutex_new();
}

void __wrap_kcov8_port_mutex_lock(void *mutex) {
  __real_kcov8_port_mutex_lock(mutex);
  if (timed)
    file_since = now();
}

void __wrap_kcov8_port_mutex_unlock(void *mutex) {
  if (timed)
    file_held += now() - file_since;
  __real_kcov8_port_mutex_unlock(mutex);
}

void __wrap_kcov8_port_lock(void) {
  __real_kcov8_port_lock();
  if (timed)
    core_since = now();
}

void __wrap_kcov8_port_unlock(void) {
  if (timed)
    core_held += now() - core_since;
  __real_kcov8_port_unlock();
}

/* ---- Samples ------------------------------------------------------------- */

struct samples {
  size_t n;
  double at[MAX_SAMPLES];
};

static struct samples call_times, flush_times, file_times, core_times;

static void note(struct samples *s, double v) {
  if (timed && s->n < MAX_SAMPLES)
    s->at[s->n++] = v;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(struct samples *s) {
  qsort(s->at, s->n, sizeof(s->at[0]), compare);
  return s->n ? s->at[s->n / 2] : 0;
}

/* ---- Threads ------------------------------------------------------------- */

struct thread {
  pthread_t thread;
  struct kcov8_task task, owner; /* the latter with `remote` */
  uint64_t handle;
  struct kcov8_file *file;
  uint64_t *words;
  uint64_t n_pcs;
  uint32_t seed;
  double started, ended;
};

static void must(int err, const char *what) {
  if (!err)
    return;
  fprintf(stderr, "host: %s: %d\n", what, err);
  exit(1);
}

static void open_file(struct thread *t) {
  struct kcov8_area area;
  must(kcov8_open(device, &t->file), "open");
  must(kcov8_ioctl(t->file, &t->task, KCOV8_INIT_TRACE64, WORDS), "INIT_TRACE");
  must(kcov8_mmap(t->file, WORDS * 8, 0, &area), "mmap");
  t->words = area.base;
}

static int read_guest(void *ctx, struct kcov8_task *task, void *to,
                      uint64_t from, size_t bytes) {
  (void)ctx, (void)task;
  memcpy(to, (const void *)(uintptr_t)from, bytes);
  return 0;
}

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx, (void)task;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return 0;
}

/* For a client that stays as it is. */
static void enable_remote(struct thread *t, uint64_t instance) {
  const struct kcov8_remote_arg arg = {
      .trace_mode = KCOV8_TRACE_PC,
      .area_size = WORDS,
      .common_handle = KCOV8_SUBSYSTEM_COMMON | instance,
  };
  t->handle = arg.common_handle;
  must(kcov8_ioctl(t->file, &t->owner, KCOV8_REMOTE_ENABLE, (uintptr_t)&arg),
       "REMOTE_ENABLE");
}

static void enable(struct thread *t) {
  core_held = 0;
  if (tracing)
    must(kcov8_ioctl(t->file, &t->task, KCOV8_ENABLE, 0), "ENABLE");
}

static void disable(struct thread *t) {
  if (tracing)
    must(kcov8_ioctl(t->file, &t->task, KCOV8_DISABLE, 0), "DISABLE");
  note(&core_times, core_held);
}

static void make_call(struct thread *t) {
  const double began = timed ? now() : 0;
  t->words[0] = 0;
  file_held = 0;
  if (remote)
    must(kcov8_remote_start(device, &t->task, t->handle), "start");
  t->seed = work(t->seed);
  const double worked = timed ? now() : 0;
  if (remote)
    kcov8_remote_stop(&t->task);
  else
    kcov8_syscall_return(&t->task);
  if (timed) {
    note(&call_times, worked - began);
    note(&flush_times, now() - worked);
    note(&file_times, file_held);
  }
  t->n_pcs += t->words[0];
}

static void *run(void *arg) {
  struct thread *const t = arg;
  kcov8_task_set_current(&t->task);
  pthread_barrier_wait(&barrier);
  t->started = now();
  for (long i = 0; i < n_calls; i++) {
    if (i % PROGRAM == 0)
      enable(t);
    make_call(t);
    if (i % PROGRAM == PROGRAM - 1 || i == n_calls - 1)
      disable(t);
  }
  t->ended = now();
  return NULL;
}

/* ---- Main ---------------------------------------------------------------- */

static double time_of_now(void) {
  static struct samples s;
  for (int i = 0; i < 10001; i++) {
    const double began = now();
    s.at[s.n++] = now() - began;
  }
  return median(&s);
}

int main(int argc, char **argv) {
  static struct thread threads[MAX_THREADS];
  const struct kcov8_host host = {.size = sizeof(host),
                                  .read_guest = read_guest,
                                  .write_guest = write_guest};
  const unsigned int n = argc == 4 ? (unsigned int)atoi(argv[1]) : 0;
  if (n < 1 || n > MAX_THREADS)
    return 2;
  n_calls = atol(argv[2]) / n;
  remote = !strcmp(argv[3], "remote");
  tracing = !remote && strcmp(argv[3], "off") != 0;
  one_lock = !strcmp(argv[3], "one");
  timed = !strcmp(argv[3], "hold");
  must(kcov8_device_create(&host, &device), "device");
  pthread_barrier_init(&barrier, NULL, n);
  for (unsigned int i = 0; i < n; i++) {
    kcov8_task_init(&threads[i].task);
    kcov8_task_init(&threads[i].owner);
    threads[i].seed = i + 1;
    open_file(&threads[i]);
    if (remote)
      enable_remote(&threads[i], i + 1);
  }
  for (unsigned int i = 0; i < n; i++)
    pthread_create(&threads[i].thread, NULL, run, &threads[i]);
  double started = 0, ended = 0;
  uint64_t n_pcs = 0;
  for (unsigned int i = 0; i < n; i++) {
    pthread_join(threads[i].thread, NULL);
    if (!i || threads[i].started < started)
      started = threads[i].started;
    if (threads[i].ended > ended)
      ended = threads[i].ended;
    n_pcs += threads[i].n_pcs;
  }
  const double all = (double)n_calls * n;
  printf("%.0f %.1f", all / (ended - started) * 1e9, (double)n_pcs / all);
  if (timed) {
    const double clock = time_of_now();
    printf(" %.0f %.0f %.0f %.0f", median(&call_times) - clock,
           median(&flush_times) - 3 * clock, median(&file_times) - clock,
           median(&core_times) - 2 * clock);
  }
  putchar('\n');
  return 0;
}
