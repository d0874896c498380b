/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * share_program.c - a host whose guests' processes are its own: real forks,
 * SIGKILL, a file that another process opens, forks beside a thread that traces
 *
 * With libkcov8.a, so with its lock, its fork handlers and its owners. Exits
 * with 0, or names the line of the check that failed.
 */
#define _GNU_SOURCE
#define DUMP_HASH 0x1234
#include "dump_image.h"

#include <kcov8/port.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(ok)                                                              \
  do {                                                                         \
    if (!(ok)) {                                                               \
      fprintf(stderr, "share_program.c:%d: %s\n", __LINE__, #ok);              \
      _exit(1);                                                                \
    }                                                                          \
  } while (0)

/* ---- The host ------------------------------------------------------------ */

/* One page of state, then the buffer: what a host has behind a descriptor. */
struct open_file {
  struct kcov8_share share;
  uint64_t pad[512 - sizeof(struct kcov8_share) / 8];
  uint64_t words[1024];
};

static int alloc_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  struct open_file *const o = (struct open_file *)area->cookie;
  CHECK(area->share == &o->share);
  if (area->bytes > sizeof(o->words))
    return -ENOMEM;
  area->base = o->words;
  return 0;
}

static struct open_file *freed;

static void free_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  freed = (struct open_file *)area->cookie;
  CHECK(area->share == &freed->share);
  CHECK(!area->base || area->base == freed->words);
}

static struct kcov8_device *device;
static struct kcov8_task me;

static struct open_file *host_open(void) {
  struct open_file *const o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(o != MAP_FAILED);
  return o;
}

static struct kcov8_file *attach(struct open_file *o) {
  const struct kcov8_open_how how = {
      .size = sizeof(how), .cookie = (uintptr_t)o, .share = &o->share};
  struct kcov8_file *f;
  CHECK(!kcov8_open_with(device, &how, &f));
  return f;
}

/* A guest's fork: the child's only task is a copy of @me. */
static pid_t guest_fork(void) {
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0)
    kcov8_forked(device);
  return child;
}

static void wait_for(pid_t child, int wanted) {
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == wanted);
}

static int call(struct kcov8_file *f, uint64_t cmd, uint64_t arg) {
  return kcov8_ioctl(f, &me, cmd, arg);
}

/* The PCs in @o are those of the @n blocks that follow; empties it. */
static void expect(struct open_file *o, size_t n, unsigned int first) {
  CHECK(o->words[0] == n);
  for (size_t i = 0; i < n; i++)
    CHECK(o->words[1 + i] == kcov8_slot_pc(kcov8_id_slot(kcov8_block_id(
                                 DUMP_HASH, (uint32_t)(first + i)))));
  o->words[0] = 0;
}

/* ---- Checks -------------------------------------------------------------- */

static void child_is_not_enabled(void) {
  struct open_file *const o = host_open();
  struct kcov8_file *const f = attach(o);
  CHECK(call(f, KCOV8_ENABLE, 0) == -EINVAL);
  CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
  CHECK(call(f, KCOV8_ENABLE, 0) == 0);
  run(1);
  const pid_t child = guest_fork();
  if (child == 0) {
    CHECK(!me.file && !me.tracing);
    run(2);
    kcov8_syscall_return(&me);
    CHECK(call(f, KCOV8_ENABLE, 0) == -EINVAL); /* its parent has it */
    CHECK(call(f, KCOV8_DISABLE, 0) == -EINVAL);
    CHECK(call(f, KCOV8_INIT_TRACE64, 64) == -EBUSY);
    CHECK(call(f, KCOV8_SET_COUNTS, 1) == -EBUSY);
    kcov8_task_exit(&me);
    kcov8_file_put(f);
    _exit(0);
  }
  wait_for(child, 0);
  CHECK(o->words[0] == 0); /* nothing of the child's, nor the parent's twice */
  kcov8_syscall_return(&me);
  expect(o, 1, 1);
  CHECK(call(f, KCOV8_DISABLE, 0) == 0);
  /* Now it is free, for a child too, whose blocks are its own. */
  const pid_t second = guest_fork();
  if (second == 0) {
    run(7);
    CHECK(call(f, KCOV8_ENABLE, 0) == 0);
    run(3);
    kcov8_task_exit(&me);
    _exit(0);
  }
  wait_for(second, 0);
  expect(o, 1, 3);
  kcov8_file_put(f);
}

/* INIT_TRACE in one process is seen in the other, which had the file before. */
static void set_up_elsewhere(void) {
  struct open_file *const o = host_open();
  struct kcov8_file *const f = attach(o);
  struct kcov8_area area;
  CHECK(kcov8_mmap(f, 512, 0, &area) == -EINVAL);
  const pid_t child = guest_fork();
  if (child == 0) {
    CHECK(call(f, KCOV8_SET_COUNTS, 1) == 0);
    CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
    _exit(0);
  }
  wait_for(child, 0);
  CHECK(call(f, KCOV8_INIT_TRACE64, 32) == -EBUSY);
  CHECK(kcov8_mmap(f, 256, 0, &area) == -EINVAL);
  CHECK(kcov8_mmap(f, 512, 0, &area) == 0 && area.base == o->words);
  CHECK(call(f, KCOV8_ENABLE, 0) == 0);
  run(4);
  run(4);
  kcov8_syscall_return(&me);
  CHECK(o->words[0] == 1 && o->words[2] == 2); /* a pair */
  kcov8_task_exit(&me);
  kcov8_file_put(f);
}

/* A process that has nothing of the first but the descriptor, and its memory */
static void received(void) {
  struct open_file *const o = host_open();
  const pid_t child = fork(); /* before the file is there */
  CHECK(child >= 0);
  if (child == 0) {
    while (!__atomic_load_n(&o->share.size_words, __ATOMIC_ACQUIRE))
      usleep(1000);
    struct kcov8_file *const f = attach(o);
    CHECK(call(f, KCOV8_ENABLE, 0) == 0);
    run(5);
    kcov8_task_exit(&me);
    kcov8_file_put(f);
    _exit(0);
  }
  struct kcov8_file *const f = attach(o);
  CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
  wait_for(child, 0);
  expect(o, 1, 5);
  kcov8_file_put(f);
}

static void owner_is_killed(void) {
  struct open_file *const o = host_open();
  struct kcov8_file *const f = attach(o);
  int ends[2];
  char c;
  CHECK(!pipe(ends));
  CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
  for (int i = 0; i < 3; i++) {
    const pid_t child = guest_fork();
    if (child == 0) {
      CHECK(call(f, KCOV8_ENABLE, 0) == 0);
      CHECK(write(ends[1], "x", 1) == 1);
      for (;;)
        pause();
    }
    CHECK(read(ends[0], &c, 1) == 1);
    CHECK(call(f, KCOV8_ENABLE, 0) == -EINVAL);
    /* The reset of another holder. */
    o->words[0] = 9;
    CHECK(call(f, KCOV8_RESET_TRACE, 0) == 0 && o->words[0] == 0);
    CHECK(!kill(child, SIGKILL));
    siginfo_t info; /* dead, but not waited for: a zombie traces nothing */
    CHECK(!waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    CHECK(call(f, KCOV8_RESET_TRACE, 0) == -EINVAL);
    CHECK(call(f, KCOV8_ENABLE, 0) == 0);
    run(6);
    CHECK(call(f, KCOV8_DISABLE, 0) == 0);
    expect(o, 1, 6);
    wait_for(child, SIGKILL);
  }
  kcov8_file_put(f);
}

/* One file in one process, however many descriptors come: by its cookie. */
static void found_again(void) {
  struct open_file *const o = host_open(), *const other = host_open();
  CHECK(!kcov8_file_find(device, (uintptr_t)o));
  struct kcov8_file *const g = attach(other), *const f = attach(o);
  CHECK(kcov8_file_find(device, (uintptr_t)o) == f);
  kcov8_file_put(f);
  CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
  CHECK(call(f, KCOV8_ENABLE, 0) == 0);
  kcov8_file_put(f); /* the task has it still */
  CHECK(kcov8_file_find(device, (uintptr_t)o) == f);
  kcov8_file_put(f);
  freed = NULL;
  kcov8_task_exit(&me);
  CHECK(freed == o && !kcov8_file_find(device, (uintptr_t)o));
  kcov8_file_put(g); /* nobody called INIT_TRACE: its memory is free, too */
  CHECK(freed == other);
}

/* The runtime believes no size that INIT_TRACE would not take. */
static void wrong_size(void) {
  static const uint64_t sizes[] = {1, (UINT64_C(1) << 61) + 64, ~UINT64_C(0)};
  struct kcov8_area area;
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    struct open_file *const o = host_open();
    struct kcov8_file *const f = attach(o);
    o->share.size_words = sizes[i];
    CHECK(kcov8_mmap(f, 512, 0, &area) == -ENOMEM);
    CHECK(call(f, KCOV8_ENABLE, 0) == -ENOMEM);
    kcov8_file_put(f);
  }
}

/* ---- Forks beside a thread that traces ----------------------------------- */

static _Atomic(int) stop;

static void *traces(void *arg) {
  struct open_file *const o = host_open();
  struct kcov8_file *const f = attach(o);
  struct kcov8_task task;
  kcov8_task_init(&task);
  CHECK(!kcov8_ioctl(f, &task, KCOV8_INIT_TRACE64, 1024));
  while (!stop) {
    CHECK(!kcov8_ioctl(f, &task, KCOV8_ENABLE, 0));
    for (int i = 0; i < 50; i++) {
      run(10);
      kcov8_syscall_return(&task);
      CHECK(o->words[0] <= 2);
      o->words[0] = 0;
    }
    CHECK(!kcov8_ioctl(f, &task, KCOV8_DISABLE, 0));
  }
  kcov8_file_put(f);
  return arg;
}

static void many_forks(void) {
  struct open_file *const o = host_open();
  struct kcov8_file *const f = attach(o);
  pthread_t thread;
  CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
  CHECK(!pthread_create(&thread, NULL, traces, NULL));
  for (int i = 0; i < 60; i++) {
    if (i % 2)
      kcov8_port_lock(); /* as a host may */
    const pid_t child = fork();
    if (i % 2)
      kcov8_port_unlock();
    CHECK(child >= 0);
    if (child == 0) {
      kcov8_forked(device);
      CHECK(call(f, KCOV8_ENABLE, 0) == 0);
      run(8);
      kcov8_syscall_return(&me);
      CHECK(o->words[0] == 1);
      kcov8_task_exit(&me);
      _exit(0);
    }
    wait_for(child, 0);
    expect(o, 1, 8);
  }
  stop = 1;
  CHECK(!pthread_join(thread, NULL));
  kcov8_file_put(f);
}

/* ---- Tasks that move, or are dropped ------------------------------------- */

static void moved_and_dropped(void) {
  struct kcov8_task there;
  struct open_file *const o = host_open();
  struct kcov8_file *const f = attach(o);
  CHECK(call(f, KCOV8_INIT_TRACE64, 64) == 0);
  CHECK(call(f, KCOV8_ENABLE, 0) == 0);
  run(2);
  kcov8_task_move(&there, &me);
  CHECK(!me.file && there.file == f);
  kcov8_syscall_return(&there);
  expect(o, 1, 2);
  run(3);
  kcov8_task_drop(&there);
  CHECK(o->words[0] == 0 && !there.file);
  CHECK(call(f, KCOV8_ENABLE, 0) == 0);
  CHECK(call(f, KCOV8_DISABLE, 0) == 0);
  CHECK(o->words[0] == 0);
  kcov8_file_put(f);
}

int main(void) {
  const struct kcov8_host host = {
      .size = sizeof(host), .alloc_area = alloc_area, .free_area = free_area};
  struct kcov8_open_how how = {.size = sizeof(how)};
  struct kcov8_device *plain;
  struct kcov8_file *f;
  alarm(100); /* a deadlock ends */
  CHECK(!kcov8_device_create(&host, &device));
  kcov8_task_init(&me);
  /* A share wants memory that the host maps. */
  CHECK(!kcov8_device_create(NULL, &plain));
  how.share = &host_open()->share;
  CHECK(kcov8_open_with(plain, &how, &f) == -EINVAL);
  how.size--;
  CHECK(kcov8_open_with(device, &how, &f) == -EINVAL);
  CHECK(!kcov8_device_destroy(plain));
  child_is_not_enabled();
  set_up_elsewhere();
  received();
  owner_is_killed();
  found_again();
  wrong_size();
  many_forks();
  moved_and_dropped();
  CHECK(!kcov8_device_destroy(device));
  return 0;
}
