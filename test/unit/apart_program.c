/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * apart_program.c - forks while other threads flush, and work in the
 * background, with their files' locks
 *
 * With libkcov8.a, so with its fork handlers: a child must be able to use every
 * file, also one that another thread was flushing at the moment of the fork.
 * Exits with 0, or names the line of the check that failed. x86-64: counters
 * are each task's own, reached through gs.
 */
#define _GNU_SOURCE
#define DUMP_HASH 0x1234
#define DUMP_FLAGS 24 /* KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT */
#include "dump_image.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(ok)                                                              \
  do {                                                                         \
    if (!(ok)) {                                                               \
      fprintf(stderr, "apart_program.c:%d: %s\n", __LINE__, #ok);              \
      _exit(1);                                                                \
    }                                                                          \
  } while (0)

_Static_assert((KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT) == DUMP_FLAGS, "flags");

enum { THREADS = 3, FORKS = 200, WORDS = 64 };

static struct kcov8_device *device;

static struct tracer {
  pthread_t thread;
  struct kcov8_task task;
  struct kcov8_file *file;
  uint64_t *words;
} tracers[THREADS];

/* Works for a file that is enabled for this alone. */
static struct tracer worker;
static struct kcov8_task owner;

static int stop;

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

/* As a probe does. */
static void run_own(unsigned int block) {
  __asm__ volatile("movb $1, %%gs:(%0)"
                   :
                   : "r"(&dump_counters[block])
                   : "memory");
}

static void open_file(struct tracer *t) {
  struct kcov8_area area;
  kcov8_task_init(&t->task);
  CHECK(!kcov8_open(device, &t->file));
  CHECK(!kcov8_ioctl(t->file, &t->task, KCOV8_INIT_TRACE64, WORDS));
  CHECK(!kcov8_mmap(t->file, WORDS * 8, 0, &area));
  t->words = area.base;
}

static void check_one(const struct tracer *t, unsigned int block) {
  CHECK(t->words[0] == 1);
  CHECK(t->words[1] ==
        kcov8_slot_pc(kcov8_id_slot(kcov8_block_id(DUMP_HASH, block))));
}

static void call(struct tracer *t, unsigned int block) {
  t->words[0] = 0;
  run_own(block);
  kcov8_syscall_return(&t->task);
  check_one(t, block);
}

static void enable_worker(void) {
  const struct kcov8_remote_arg arg = {.area_size = WORDS, .common_handle = 1};
  CHECK(
      !kcov8_ioctl(worker.file, &owner, KCOV8_REMOTE_ENABLE, (uintptr_t)&arg));
}

static void work(unsigned int block) {
  worker.words[0] = 0;
  CHECK(!kcov8_remote_start(device, &worker.task, 1));
  run_own(block);
  kcov8_remote_stop(&worker.task);
  check_one(&worker, block);
}

static void *work_on(void *arg) {
  for (unsigned int i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
    work(i % BLOCKS);
  return arg;
}

static void *trace(void *arg) {
  struct tracer *const t = arg;
  kcov8_task_set_current(&t->task);
  CHECK(!kcov8_ioctl(t->file, &t->task, KCOV8_ENABLE, 0));
  for (unsigned int i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
    call(t, i % BLOCKS);
  CHECK(!kcov8_ioctl(t->file, &t->task, KCOV8_DISABLE, 0));
  return NULL;
}

/* The child has one thread; the files of the others are as any. */
static void use_all(void) {
  kcov8_forked(device);
  for (int i = 0; i < THREADS; i++) {
    struct tracer *const t = &tracers[i];
    kcov8_task_init(&t->task);
    kcov8_task_set_current(&t->task);
    CHECK(!kcov8_ioctl(t->file, &t->task, KCOV8_ENABLE, 0));
    call(t, 1);
    kcov8_task_exit(&t->task);
  }
  kcov8_task_init(&worker.task);
  enable_worker();
  work(1);
  work(2);
  _exit(0);
}

int main(void) {
  const struct kcov8_host host = {.size = sizeof(host),
                                  .read_guest = read_guest,
                                  .write_guest = write_guest};
  alarm(100); /* a deadlock ends */
  CHECK(!kcov8_device_create(&host, &device));
  open_file(&worker);
  enable_worker();
  CHECK(!pthread_create(&worker.thread, NULL, work_on, NULL));
  for (int i = 0; i < THREADS; i++)
    open_file(&tracers[i]);
  for (int i = 0; i < THREADS; i++)
    CHECK(!pthread_create(&tracers[i].thread, NULL, trace, &tracers[i]));
  for (int i = 0; i < FORKS; i++) {
    int status;
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
      use_all();
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < THREADS; i++) {
    CHECK(!pthread_join(tracers[i].thread, NULL));
    kcov8_file_put(tracers[i].file);
  }
  CHECK(!pthread_join(worker.thread, NULL));
  kcov8_task_exit(&owner);
  kcov8_file_put(worker.file);
  CHECK(!kcov8_device_destroy(device));
  return 0;
}
