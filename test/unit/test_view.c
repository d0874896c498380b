/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_view.c - attribution `task` through one distance for all images
 *
 * The fake base of gs is a thread-local variable; ran() is what a probe does.
 */
#define _GNU_SOURCE
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

enum { WORDS = 512 };

/* ---- Port ---------------------------------------------------------------- */

static _Thread_local intptr_t base;
static long fail_map; /* this many succeed; -1: all */
static long live_pages, most_pages;
static uintptr_t taken; /* a page that is never free */

int kcov8_port_map(void **at, size_t bytes) {
  const uintptr_t wanted = (uintptr_t)*at;
  if (fail_map == 0 || (wanted && taken >= wanted && taken - wanted < bytes))
    return -1;
  if (fail_map > 0)
    fail_map--;
  void *const p = mmap(
      *at, bytes, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | (*at ? MAP_FIXED_NOREPLACE : 0), -1, 0);
  if (p == MAP_FAILED)
    return -1;
  if (wanted && p != *at) {
    munmap(p, bytes);
    return -1;
  }
  *at = p;
  live_pages += (long)(bytes / 4096);
  if (live_pages > most_pages)
    most_pages = live_pages;
  return 0;
}

void kcov8_port_unmap(void *at, size_t bytes) {
  assert_int_equal(munmap(at, bytes), 0);
  live_pages -= (long)(bytes / 4096);
}

intptr_t kcov8_port_distance(unsigned int n) {
  return n < 400 ? (intptr_t)(n % 100 + 1) << (34 - n / 100 * 4) : 0;
}

void kcov8_port_set_base(intptr_t to) { base = to; }
intptr_t kcov8_port_base(void) { return base; }

/* Of a thread that runs and calls nothing; and whether it can be told. */
static intptr_t others_base;
static bool deaf;

int kcov8_port_rebase(intptr_t from, intptr_t to) {
  if (others_base != from)
    return 0;
  if (deaf)
    return -1;
  others_base = to;
  return 0;
}

/* ---- Order --------------------------------------------------------------- */

_Alignas(4096) struct kcov8i_order kcov8i_order_list; /* instead of order.c's */

/* As __kcov8_first() does. */
static void note(uint8_t *counter) {
  struct kcov8i_order *const list = (void *)((char *)&kcov8i_order_list + base);
  if (list->n++ < KCOV8I_ORDER_ENTRIES)
    list->counters[list->n - 1] = counter;
}

/* ---- Images and tasks ---------------------------------------------------- */

static void per_task(struct image *i) {
  const size_t n = (size_t)(i->desc.funcs[1] - i->desc.funcs[0]);
  for (size_t f = 0; f < n; f++)
    i->funcs[f].flags |= KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT;
}

static void ordered(struct image *i) {
  const size_t n = (size_t)(i->desc.funcs[1] - i->desc.funcs[0]);
  for (size_t f = 0; f < n; f++)
    i->funcs[f].flags |= KCOV8_FUNC_ORDER;
}

static struct image *load(uint64_t seed) {
  struct image *const i = image_of(seed, 600);
  per_task(i);
  __kcov8_image_register(&i->desc);
  return i;
}

static void ran(struct image *i, size_t block) {
  uint8_t *const counter = i->counters + block + base;
  if ((i->funcs[0].flags & KCOV8_FUNC_ORDER) && !*counter)
    note(i->counters + block);
  if (*counter < UINT8_MAX)
    ++*counter;
  if (i->mark && i->mark[block])
    i->mark[block][base] = 1;
}

static struct kcov8_device *device;

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx, (void)task;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return 0;
}

static int set_up(void **state) {
  start_up(state);
  base = 0;
  fail_map = -1;
  live_pages = most_pages = 0;
  taken = 0;
  others_base = 0;
  deaf = false;
  device = NULL;
  return 0;
}

static int tear_down(void **state) {
  if (device && kcov8_device_destroy(device))
    return 1;
  return clean_up(state) || live_pages;
}

/* ---- Tests --------------------------------------------------------------- */

static void each_its_own(void **state) {
  (void)state;
  struct tracer a, b;
  struct image *const i = load(1);
  device = device_make();
  tracer_start(&a, device, WORDS);
  tracer_start(&b, device, WORDS);
  ran(i, 9); /* before: nobody's */
  assert_int_equal(tracer_enable(&a), 0);
  const long one = live_pages;
  ran(i, 1);
  assert_int_equal(tracer_enable(&b), 0);
  ran(i, 2);
  kcov8_task_run(&a.task);
  ran(i, 3);
  kcov8_task_run(NULL);
  ran(i, 4);
  kcov8_task_run(&b.task);
  ran(i, 5);
  kcov8_syscall_return(&b.task);
  kcov8_task_run(&a.task);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 1, i, 3, NULL);
  expect_pcs(b.words, i, 2, i, 5, NULL);

  /* Stopped, and then again: nothing of before, or in between. */
  tracer_disable(&a);
  assert_int_equal(a.words[0], 0);
  assert_int_equal(base, 0);
  ran(i, 6);
  assert_int_equal(tracer_enable(&a), 0);
  ran(i, 7);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 7, NULL);
  tracer_end(&a);
  tracer_end(&b);
  assert_int_equal(most_pages, 2 * one);
  image_unload(i);
}

/* A thread that is told late that its task stopped writes where no one looks.
 */
static void late_thread(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = load(1);
  device = device_make();
  tracer_start(&a, device, WORDS);
  assert_int_equal(tracer_enable(&a), 0);
  const intptr_t old = base;
  tracer_disable(&a);
  base = old;
  ran(i, 1);
  assert_int_equal(tracer_enable(&a), 0);
  assert_int_equal(base, old); /* from the pool */
  ran(i, 2);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 2, NULL);
  tracer_end(&a);
  image_unload(i);
}

static void marks_too(void **state) {
  (void)state;
  struct tracer a;
  for (int broken = 0; broken < 2; broken++) {
    struct image *const i = image_of(1, 600);
    image_add_marks(i, (const size_t[]){0, 256, 256, 600}, 4);
    per_task(i);
    /* Two arrays with one mark: not usable, but probes go on setting them. */
    if (broken)
      i->arrays[1].marks = i->arrays[0].marks - (int32_t)sizeof(i->arrays[0]);
    __kcov8_image_register(&i->desc);
    device = device_make();
    tracer_start(&a, device, WORDS);
    assert_int_equal(tracer_enable(&a), 0);
    if (broken)
      expect_log("summary of counters is not usable");
    ran(i, 255);
    ran(i, 256);
    kcov8_syscall_return(&a.task);
    expect_pcs(a.words, i, 255, i, 256, NULL);
    ran(i, 599);
    kcov8_syscall_return(&a.task);
    expect_pcs(a.words, i, 599, NULL);
    tracer_end(&a);
    assert_int_equal(kcov8_device_destroy(device), 0);
    device = NULL;
    image_unload(i);
    kcov8i_forget_images();
  }
}

/* The first distance suits one image, but not the other. */
static void several_images(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = load(1), *const j = load(2);
  device = device_make();
  tracer_start(&a, device, WORDS);
  taken = ((uintptr_t)j->counters + ((uintptr_t)1 << 34)) & -4096ul;
  assert_int_equal(tracer_enable(&a), 0);
  assert_true(base == (intptr_t)2 << 34);
  ran(i, 1);
  ran(j, 2);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 1, j, 2, NULL);
  tracer_end(&a);
  image_unload(i);
  image_unload(j);
}

/* Its code may run before the next flush; what ran before is kept. */
static void image_comes_while_tracing(void **state) {
  (void)state;
  struct tracer a, b;
  for (int room = 1; room >= 0; room--) {
    struct image *const i = load(1);
    struct image *const late = image_of(2, 600);
    per_task(late);
    device = device_make();
    tracer_start(&a, device, WORDS);
    tracer_start(&b, device, WORDS);
    assert_int_equal(tracer_enable(&b), 0);
    assert_int_equal(tracer_enable(&a), 0);
    const intptr_t before = base;
    ran(i, 1);
    taken = room ? 0 : ((uintptr_t)late->counters + (uintptr_t)base) & -4096ul;
    __kcov8_image_register(&late->desc);
    assert_true((base == before) == room);
    ran(i, 2);
    ran(late, 3);
    kcov8_syscall_return(&a.task);
    expect_pcs(a.words, i, 1, i, 2, late, 3, NULL);
    kcov8_task_run(&b.task); /* had room */
    ran(late, 4);
    kcov8_syscall_return(&b.task);
    expect_pcs(b.words, late, 4, NULL);
    ran(late, 5);
    image_unload(late); /* loses nothing */
    kcov8_syscall_return(&b.task);
    assert_int_equal(b.words[0], 1);
    tracer_end(&a);
    tracer_end(&b);
    assert_int_equal(kcov8_device_destroy(device), 0);
    device = NULL;
    image_unload(i);
    kcov8i_forget_images();
  }
}

/* @t's task runs on another thread. */
static void away(struct tracer *t) {
  kcov8_task_run(&t->task);
  others_base = base;
  kcov8_task_run(NULL);
}

static void back(struct tracer *t) {
  base = others_base;
  others_base = 0;
  kcov8_syscall_return(&t->task);
}

/* A task that traces on another thread, and has run @i's block 1. */
static void start_away(struct tracer *t, struct image *i) {
  device = device_make();
  tracer_start(t, device, WORDS);
  assert_int_equal(tracer_enable(t), 0);
  ran(i, 1);
  away(t);
}

/* Where a task on another thread counts there is no room: it goes elsewhere. */
static void image_comes_for_another_thread(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = load(1), *const late = image_of(2, 600);
  per_task(late);
  start_away(&a, i);
  const intptr_t before = others_base;
  taken = ((uintptr_t)late->counters + (uintptr_t)before) & -4096ul;
  __kcov8_image_register(&late->desc);
  assert_true(others_base && others_base != before);
  base = others_base;
  ran(i, 2);
  ran(late, 3);
  back(&a);
  expect_pcs(a.words, i, 1, i, 2, late, 3, NULL);
  tracer_end(&a);
  image_unload(i);
  image_unload(late);
}

/*
 * No room anywhere, or no memory for its tables: nobody's counters, wherever
 * the task runs, until there is room. Nothing of before is lost.
 */
static void image_finds_no_room(void **state) {
  (void)state;
  struct tracer a, b, c;
  for (int tables = 0; tables < 2; tables++) {
    struct image *const i = load(1), *const late = image_of(2, 600);
    per_task(late);
    device = device_make();
    tracer_start(&a, device, WORDS); /* on another thread */
    tracer_start(&b, device, WORDS); /* on none */
    tracer_start(&c, device, WORDS); /* here */
    assert_int_equal(tracer_enable(&a), 0);
    ran(i, 1);
    away(&a);
    assert_int_equal(tracer_enable(&b), 0);
    ran(i, 2);
    assert_int_equal(tracer_enable(&c), 0);
    ran(i, 3);
    fail_map = tables ? -1 : 0;
    port.fail_alloc = tables ? 0 : -1;
    __kcov8_image_register(&late->desc);
    expect_log("what these tasks run from now on is lost");
    assert_int_equal(others_base, 0);
    assert_int_equal(base, 0);
    ran(late, 4);
    kcov8_syscall_return(&c.task);
    expect_pcs(c.words, i, 3, NULL);
    kcov8_task_run(&b.task);
    assert_int_equal(base, 0);
    ran(late, 5);
    kcov8_syscall_return(&b.task);
    expect_pcs(b.words, i, 2, NULL);
    fail_map = port.fail_alloc = -1; /* there is room again */
    back(&a);
    expect_pcs(a.words, i, 1, NULL);
    assert_true(base != 0);
    ran(late, 6);
    kcov8_syscall_return(&a.task);
    expect_pcs(a.words, late, 6, NULL);
    tracer_end(&a);
    tracer_end(&b);
    tracer_end(&c);
    assert_int_equal(kcov8_device_destroy(device), 0);
    device = NULL;
    image_unload(i);
    image_unload(late);
    kcov8i_forget_images();
  }
}

/* A thread that cannot be told: it is said, and its next return mends it. */
static void thread_is_deaf(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = load(1), *const late = image_of(2, 600);
  per_task(late);
  start_away(&a, i);
  deaf = true;
  taken = ((uintptr_t)late->counters + (uintptr_t)others_base) & -4096ul;
  __kcov8_image_register(&late->desc);
  expect_log("a thread that traces may fault in it");
  back(&a);
  expect_pcs(a.words, i, 1, NULL);
  ran(late, 2);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, late, 2, NULL);
  tracer_end(&a);
  image_unload(i);
  image_unload(late);
}

/* A library that is loaded again has its old place, in front of the other's. */
static void image_comes_again(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = load(1), *const j = load(2);
  device = device_make();
  tracer_start(&a, device, WORDS);
  assert_int_equal(tracer_enable(&a), 0);
  const intptr_t before = base;
  for (int n = 0; n < 3; n++) {
    ran(i, 1);
    __kcov8_image_unregister(&i->desc); /* loses nothing */
    ran(j, 2);
    __kcov8_image_register(&i->desc);
    ran(i, 3);
    ran(j, 4);
    kcov8_syscall_return(&a.task);
    expect_pcs(a.words, i, 1, i, 3, j, 2, j, 4, NULL);
    assert_true(base == before);
  }
  tracer_end(&a);
  image_unload(i);
  image_unload(j);
}

static void no_memory(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = load(1), *const j = load(2);
  device = device_make();
  tracer_start(&a, device, WORDS);
  for (fail_map = 0; fail_map < 2;) {
    const long n = fail_map;
    assert_int_equal(tracer_enable(&a), -KCOV8_ENOMEM);
    assert_int_equal(base, 0);
    assert_int_equal(live_pages, 0);
    fail_map = n + 1;
  }
  fail_map = -1;
  for (long n = 0;; n++) {
    port.fail_alloc = n;
    const int err = tracer_enable(&a);
    port.fail_alloc = -1;
    if (!err)
      break;
    assert_int_equal(err, -KCOV8_ENOMEM);
    assert_true(n < 10);
  }
  ran(j, 1);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, j, 1, NULL);
  tracer_end(&a);
  image_unload(i);
  image_unload(j);
}

/* Blocks of several images in the order in which they first ran. */
static void first_come(void **state) {
  (void)state;
  struct tracer a;
  struct image *const i = image_of(1, 600), *const j = image_of(2, 600);
  struct image *const plain = load(3);
  per_task(i), per_task(j);
  ordered(i), ordered(j);
  __kcov8_image_register(&i->desc);
  __kcov8_image_register(&j->desc);
  device = device_make();
  tracer_start(&a, device, WORDS);
  ran(i, 1); /* nobody's */
  assert_int_equal(tracer_enable(&a), 0);
  for (int n = 0; n < 3; n++) {
    ran(j, 5), ran(i, 9), ran(plain, 7), ran(i, 2), ran(j, 5), ran(j, 1);
    kcov8_syscall_return(&a.task);
    expect_pcs(a.words, j, 5, i, 9, i, 2, j, 1, plain, 7, NULL);
  }
  /* More than the list holds: those in it, then the rest. */
  struct kcov8i_order *const list = (void *)((char *)&kcov8i_order_list + base);
  ran(i, 9), ran(i, 8);
  list->n = KCOV8I_ORDER_ENTRIES + 1;
  memset(list->counters + 2, 0, sizeof(list->counters) - 2 * sizeof(void *));
  i->counters[base + 3] = 1;
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 9, i, 8, i, 3, NULL);
  assert_int_equal(list->n, 0);
  /* Stopped with something in the list, started again. */
  ran(j, 4);
  tracer_disable(&a);
  expect_pcs(a.words, j, 4, NULL);
  assert_int_equal(tracer_enable(&a), 0);
  ran(j, 4), ran(i, 4);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, j, 4, i, 4, NULL);
  tracer_end(&a);
  image_unload(i);
  image_unload(j);
  image_unload(plain);
}

static struct kcov8_device *remote_device(void) {
  const struct kcov8_host host = {.size = sizeof(host),
                                  .read_guest = read_own_memory,
                                  .write_guest = write_guest,
                                  .word_bytes = 8};
  struct kcov8_device *made;
  assert_int_equal(kcov8_device_create(&host, &made), 0);
  return made;
}

static int remote_enable(struct tracer *t, uint64_t handle) {
  const struct kcov8_remote_arg arg = {
      .trace_mode = KCOV8_TRACE_PC, .area_size = 64, .common_handle = handle};
  return kcov8_ioctl(t->file, &t->task, KCOV8_REMOTE_ENABLE, (uintptr_t)&arg);
}

/* What a worker runs is for the owner of the handle, not for who looks on. */
static void background_worker(void **state) {
  (void)state;
  struct tracer owner, bystander;
  struct kcov8_task worker;
  struct image *const i = load(1);
  device = remote_device();
  tracer_start(&owner, device, WORDS);
  tracer_start(&bystander, device, WORDS);
  kcov8_task_init(&worker);
  kcov8_task_run(&owner.task);
  assert_int_equal(remote_enable(&owner, 7), 0);
  assert_int_equal(tracer_enable(&bystander), 0);
  ran(i, 1);
  kcov8_task_run(&worker);
  ran(i, 2); /* before the section */
  assert_int_equal(kcov8_remote_start(device, &worker, 7), 0);
  ran(i, 3);
  kcov8_task_run(&bystander.task);
  ran(i, 4);
  kcov8_syscall_return(&bystander.task);
  expect_pcs(bystander.words, i, 1, i, 4, NULL);
  kcov8_task_run(&worker); /* back in the section */
  ran(i, 6);
  kcov8_remote_stop(&worker);
  ran(i, 5); /* behind it */
  kcov8_task_run(&bystander.task);
  kcov8_syscall_return(&bystander.task);
  assert_int_equal(bystander.words[0], 0);
  expect_pcs(owner.words, i, 3, i, 6, NULL);
  tracer_end(&owner);
  tracer_end(&bystander);
  image_unload(i);
}

/* Work that may not sleep, in front of the task whose counters are in use. */
static size_t interrupt(const struct kcov8_task *worker, struct image *i,
                        size_t block) {
  const intptr_t interrupted = base;
  const size_t now = kcov8_remote_now();
  if (now) {
    base = kcov8_remote_base(worker);
    ran(i, block);
    base = interrupted;
  }
  return now;
}

static void prepared(void **state) {
  (void)state;
  struct tracer owner, other;
  struct kcov8_task worker;
  struct image *const i = load(1);
  device = remote_device();
  tracer_start(&owner, device, WORDS);
  tracer_start(&other, device, WORDS);
  kcov8_task_init(&worker);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 7, 1), -KCOV8_EINVAL);
  assert_int_equal(kcov8_remote_base(&worker), 0);
  for (long n = 0;; n++) {
    port.fail_alloc = n;
    const int err = kcov8_remote_prepare(&worker);
    port.fail_alloc = -1;
    if (!err)
      break;
    assert_int_equal(err, -KCOV8_ENOMEM);
    assert_int_equal(kcov8_remote_base(&worker), 0);
    assert_true(n < 10);
  }
  assert_int_equal(kcov8_remote_prepare(&worker), -KCOV8_EBUSY);
  assert_true(kcov8_remote_base(&worker) != 0);
  assert_int_equal(base, 0);

  /* Nobody wants anything. */
  assert_int_equal(interrupt(&worker, i, 1), 0);

  /* For the owner, not the task that was interrupted; two, then another. */
  assert_int_equal(remote_enable(&owner, 7), 0);
  assert_int_equal(kcov8_remote_start(device, &worker, 7), -KCOV8_EBUSY);
  assert_int_equal(tracer_enable(&other), 0);
  ran(i, 2);
  size_t now = interrupt(&worker, i, 3);
  assert_int_equal(interrupt(&worker, i, 4), now);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 7, now), 0);
  expect_pcs(owner.words, i, 3, i, 4, NULL);
  interrupt(&worker, i, 5);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 7, now), 0);
  expect_pcs(owner.words, i, 5, NULL);
  kcov8_syscall_return(&other.task);
  expect_pcs(other.words, i, 2, NULL);

  /* A handle of nobody's; one that its file has got since; and no rest. */
  now = interrupt(&worker, i, 6);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 8, now),
                   -KCOV8_ENOENT);
  now = interrupt(&worker, i, 7);
  assert_int_equal(kcov8_ioctl(owner.file, &owner.task, KCOV8_DISABLE, 0), 0);
  assert_int_equal(kcov8_remote_now(), 0);
  assert_int_equal(remote_enable(&owner, 7), 0);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 7, now),
                   -KCOV8_ENOENT);
  now = interrupt(&worker, i, 8);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 7, now), 0);
  expect_pcs(owner.words, i, 8, NULL);

  /* No memory: lost, and nothing of it is in the next. */
  struct image *const late = load(2);
  now = interrupt(&worker, late, 9);
  port.fail_alloc = 0;
  const int err = kcov8_remote_deliver(device, &worker, 7, now);
  port.fail_alloc = -1;
  assert_true(!err || err == -KCOV8_ENOMEM);
  owner.words[0] = 0;
  now = interrupt(&worker, late, 10);
  assert_int_equal(kcov8_remote_deliver(device, &worker, 7, now), 0);
  expect_pcs(owner.words, late, 10, NULL);
  kcov8_task_exit(&worker);
  tracer_end(&owner);
  tracer_end(&other);
  image_unload(i);
  image_unload(late);
}

/* A window that begins with a call; a reset by a task on another thread. */
static void windows_begin(void **state) {
  (void)state;
  struct tracer a, b;
  struct image *const i = load(1);
  ordered(i);
  device = device_make();
  tracer_start(&a, device, WORDS);
  tracer_start(&b, device, WORDS);
  assert_int_equal(tracer_enable(&a), 0);
  ran(i, 1);
  kcov8_syscall_enter(&a.task);
  ran(i, 3);
  ran(i, 2);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 3, i, 2, NULL);
  ran(i, 4);
  kcov8_task_run(&b.task);
  assert_int_equal(kcov8_ioctl(a.file, &b.task, KCOV8_RESET_TRACE, 0), 0);
  kcov8_task_run(&a.task);
  ran(i, 6);
  ran(i, 5);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, i, 6, i, 5, NULL);
  tracer_end(&a);
  tracer_end(&b);
  image_unload(i);
}

/*
 * ENABLE gets the pending sets of a shared image, and then no view: it gives
 * them back. A file that is closed after that leaves nothing.
 */
static void no_view(void **state) {
  (void)state;
  struct tracer a, b;
  struct image *const shared = image_load(1, 20);
  struct image *const own = load(2);
  device = device_make();
  tracer_start(&a, device, WORDS);
  tracer_start(&b, device, WORDS);
  assert_int_equal(tracer_enable(&a), 0);
  fail_map = 0;
  assert_int_equal(tracer_enable(&b), -KCOV8_ENOMEM);
  fail_map = -1;
  assert_null(b.task.file);
  assert_null(b.file->sink.pending);
  tracer_end(&b);
  tracer_end(&a);
  image_unload(own);
  image_unload(shared);
}

static long resident_kib(void) {
  long kib = 0, size, pages;
  FILE *const f = fopen("/proc/self/statm", "re");
  if (f && fscanf(f, "%ld %ld", &size, &pages) == 2)
    kib = pages * 4;
  if (f)
    fclose(f);
  return kib;
}

/*
 * 64 tasks on an image of 1 Mi blocks with a summary: 64 MiB of copies, of
 * which only what is hit gets memory. (Without, a flush reads all; whether that
 * costs memory is up to the system.)
 */
static void memory(void **state) {
  (void)state;
  enum { TASKS = 64, BLOCKS = 1 << 20, RUN = 400, STEP = 512 };
  static struct tracer guests[TASKS];
  if (UNDER_TSAN)
    skip(); /* it allows few places, and has its own shadow of them */
  struct image *const i = image_of(1, BLOCKS);
  image_add_marks(i, (const size_t[]){0, BLOCKS}, 2);
  per_task(i);
  __kcov8_image_register(&i->desc);
  device = device_make();
  for (size_t t = 0; t < TASKS; t++)
    tracer_start(&guests[t], device, WORDS);
  assert_int_equal(tracer_enable(&guests[0]), 0); /* tables of the image */
  tracer_end(&guests[0]);
  tracer_start(&guests[0], device, WORDS);
  const long before = resident_kib();
  for (size_t t = 0; t < TASKS; t++) {
    assert_int_equal(tracer_enable(&guests[t]), 0);
    for (size_t b = 0; b < RUN; b++)
      ran(i, t * 1000 + b * STEP);
    kcov8_syscall_return(&guests[t].task);
    assert_int_equal(guests[t].words[0], RUN);
  }
  const long kib = resident_kib() - before;
  print_message("%d tasks, %d blocks each in %d pages: %ld KiB\n", TASKS, RUN,
                RUN * STEP / 4096, kib);
  assert_true(kib < 2l * TASKS * RUN * STEP / 1024);
  for (size_t t = 0; t < TASKS; t++)
    tracer_end(&guests[t]);
  image_unload(i);
}

/* ---- Threads ------------------------------------------------------------- */

#ifndef LIVES
#define LIVES 2500
#endif

enum { THREADS = 4, RUNS = 4 };

static struct image *shared;

struct life {
  struct tracer guest;
  size_t first; /* block */
  size_t wrong; /* lives whose buffer was not what they ran */
};

static void *live(void *arg) {
  struct life *const l = arg;
  struct tracer *const g = &l->guest;
  base = 0;
  kcov8_task_init(&g->task);
  if (tracer_enable(g)) {
    l->wrong++;
    return NULL;
  }
  for (size_t b = 0; b < RUNS; b++) {
    ran(shared, l->first + b);
    kcov8_syscall_return(&g->task);
  }
  ran(shared, l->first + RUNS);
  kcov8_task_exit(&g->task); /* while it traces */
  bool same = g->words[0] == RUNS + 1;
  for (size_t b = 0; same && b <= RUNS; b++)
    same = g->words[1 + b] == image_pc(shared, l->first + b);
  l->wrong += !same;
  g->words[0] = 0;
  return NULL;
}

static void *lives(void *arg) {
  pthread_t thread;
  for (int n = 0; n < LIVES; n++) {
    pthread_create(&thread, NULL, live, arg);
    pthread_join(thread, NULL);
  }
  return NULL;
}

/* Threads start and exit, four at a time: exact, and no memory stays. */
static void starts_and_exits(void **state) {
  (void)state;
  struct life all[THREADS] = {0};
  pthread_t threads[THREADS];
  shared = load(1);
  device = device_make();
  for (size_t t = 0; t < THREADS; t++) {
    tracer_start(&all[t].guest, device, WORDS);
    all[t].first = t * 150;
    pthread_create(&threads[t], NULL, lives, &all[t]);
  }
  for (size_t t = 0; t < THREADS; t++) {
    pthread_join(threads[t], NULL);
    assert_int_equal(all[t].wrong, 0);
  }
  assert_true(most_pages <=
              THREADS * (2 + (long)sizeof(kcov8i_order_list) / 4096));
  /* Files, buffers, views and tables of one image; nothing per life. */
  assert_true(port.live < 40);
  for (size_t t = 0; t < THREADS; t++)
    tracer_end(&all[t].guest);
  image_unload(shared);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_its_own, set_up, tear_down),
      cmocka_unit_test_setup_teardown(late_thread, set_up, tear_down),
      cmocka_unit_test_setup_teardown(marks_too, set_up, tear_down),
      cmocka_unit_test_setup_teardown(several_images, set_up, tear_down),
      cmocka_unit_test_setup_teardown(image_comes_while_tracing, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(image_comes_for_another_thread, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(image_finds_no_room, set_up, tear_down),
      cmocka_unit_test_setup_teardown(thread_is_deaf, set_up, tear_down),
      cmocka_unit_test_setup_teardown(image_comes_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_memory, set_up, tear_down),
      cmocka_unit_test_setup_teardown(first_come, set_up, tear_down),
      cmocka_unit_test_setup_teardown(background_worker, set_up, tear_down),
      cmocka_unit_test_setup_teardown(prepared, set_up, tear_down),
      cmocka_unit_test_setup_teardown(windows_begin, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_view, set_up, tear_down),
      cmocka_unit_test_setup_teardown(memory, set_up, tear_down),
      cmocka_unit_test_setup_teardown(starts_and_exits, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
