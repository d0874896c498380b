/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_apart.c - tasks that flush different files at the same time, and work
 * for them in the background
 *
 * The fake port checks the order of locks. Bounded by counts, never by time.
 * Meant for ThreadSanitizer as well.
 */
#define _GNU_SOURCE
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 600, WORDS = 1024, TASKS = 4, ROUNDS = 3000, EACH = 24 };

/* ---- Port ---------------------------------------------------------------- */

static _Thread_local intptr_t base;

/* No MAP_FIXED_NOREPLACE: where TSan wants no memory, it makes that 0. */
int kcov8_port_map(void **at, size_t bytes) {
  void *const p = mmap(*at, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return -1;
  if (*at && p != *at) {
    munmap(p, bytes);
    return -1;
  }
  *at = p;
  return 0;
}

void kcov8_port_unmap(void *at, size_t bytes) { munmap(at, bytes); }

intptr_t kcov8_port_distance(unsigned int n) {
  return n < 400 ? (intptr_t)(n % 100 + 1) << (34 - n / 100 * 4) : 0;
}

void kcov8_port_set_base(intptr_t to) { base = to; }
intptr_t kcov8_port_base(void) { return base; }

/* ---- Images -------------------------------------------------------------- */

static struct kcov8_device *device;
static struct image *img; /* two functions; block IMPLIED has no probe */

enum { IMPLIED = 6 + BLOCKS };

static void require(bool ok, const char *what) {
  if (ok)
    return;
  fprintf(stderr, "test_apart: %s\n", what);
  _exit(1); /* cmocka would longjmp, from whatever thread */
}

static struct image *per_task(uint64_t seed) {
  struct image *const i = image_make(seed, (uint32_t[]){6, BLOCKS, 0});
  for (size_t f = 0; f < 2; f++)
    i->funcs[f].flags |= KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT;
  /* Three blocks: 0 and 1 imply the third. */
  i->funcs[0].flags |= KCOV8_FUNC_PRUNED;
  i->funcs[0].n_blocks = 3;
  i->keys[3] = 2;
  i->keys[4] = 0 << 16 | 2;
  i->keys[5] = 1 << 16 | 2;
  __kcov8_image_register(&i->desc);
  return i;
}

static void run_block(size_t block) {
  __atomic_store_n(img->counters + block + base, 1, __ATOMIC_RELAXED);
}

static int write_own_memory(void *ctx, struct kcov8_task *task, uint64_t to,
                            const void *from, size_t bytes) {
  (void)ctx, (void)task;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return 0;
}

static int set_up(void **state) {
  const struct kcov8_host host = {.size = sizeof(host),
                                  .read_guest = read_own_memory,
                                  .write_guest = write_own_memory,
                                  .word_bytes = 8};
  start_up(state);
  base = 0;
  assert_int_equal(kcov8_device_create(&host, &device), 0);
  img = per_task(1);
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

/* ---- Which lock ---------------------------------------------------------- */

static void which_lock(void **state) {
  (void)state;
  struct tracer t;
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  size_t locks = port.n_locks;
  run_block(0);
  kcov8_syscall_return(&t.task);
  kcov8_task_discard(&t.task);
  kcov8_task_run(NULL);
  kcov8_task_run(&t.task);
  assert_int_equal(port.n_locks, locks);
  assert_int_equal(t.words[0], 2);

  struct image *const shared = image_load(2, 5);
  locks = port.n_locks;
  kcov8_syscall_return(&t.task); /* counters of all: the core's */
  assert_int_equal(port.n_locks, locks + 1);
  image_unload(shared);
  locks = port.n_locks;
  kcov8_syscall_return(&t.task);
  assert_int_equal(port.n_locks, locks);
  tracer_end(&t);
}

/* What somebody left in a task's counters, when the core's lock is free. */
static uint8_t *left, seen_at_unlock;

static void look_at_unlock(void) {
  seen_at_unlock = __atomic_load_n(left, __ATOMIC_RELAXED);
}

static void cleared_without_the_lock(void **state) {
  (void)state;
  struct tracer t;
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  left = img->counters + 9 + base;
  tracer_disable(&t);
  *left = 1; /* a thread that was not told */
  port.on_unlock = look_at_unlock;
  assert_int_equal(tracer_enable(&t), 0);
  assert_int_equal(seen_at_unlock, 1);
  assert_int_equal(*left, 0);
  seen_at_unlock = 0;
  run_block(9);
  assert_int_equal(kcov8_ioctl(t.file, &t.task, KCOV8_RESET_TRACE, 0), 0);
  port.on_unlock = NULL;
  assert_int_equal(seen_at_unlock, 1);
  assert_int_equal(*left, 0);
  kcov8_syscall_return(&t.task);
  assert_int_equal(t.words[0], 0);
  tracer_end(&t);
}

/* Both kinds of counters in one flush, by way of the set for one of them. */
static void shared_image_comes(void **state) {
  (void)state;
  struct tracer a, b;
  tracer_start(&a, device, WORDS);
  tracer_start(&b, device, WORDS);
  assert_int_equal(tracer_enable(&a), 0);
  assert_int_equal(tracer_enable(&b), 0);
  struct image *const shared = image_load(2, 5);
  hit(shared, 1);
  kcov8_task_run(&a.task);
  kcov8_syscall_return(&a.task);
  expect_pcs(a.words, shared, 1, NULL);
  kcov8_task_run(&b.task);
  run_block(9);
  kcov8_syscall_return(&b.task);
  expect_pcs(b.words, img, 9, shared, 1, NULL);
  tracer_end(&a);
  tracer_end(&b);
  image_unload(shared);
}

/* ---- All at once --------------------------------------------------------- */

static struct tracer tracers[TASKS];
static int running;

static size_t run_some(uint64_t seed, bool *ran) {
  size_t n = 0;
  for (uint64_t k = 0; k < EACH; k++) {
    const uint64_t r = kcov8_mix64(seed * EACH + k);
    /* The function with the implied block, or one of the other's. */
    const size_t block = r % 4 ? 6 + (size_t)(r / 4 % BLOCKS) : r / 4 % 2;
    run_block(block);
    n += !ran[block];
    ran[block] = true;
    if (block < 2) {
      n += !ran[IMPLIED];
      ran[IMPLIED] = true;
    }
  }
  return n;
}

static size_t block_of(uint64_t pc, const uint64_t *pcs) {
  size_t b = 0;
  while (b <= IMPLIED && pcs[b] != pc)
    b++;
  return b;
}

static uint64_t pcs[IMPLIED + 1];

/* Each window has what ran in it, whatever the others do. */
static void *trace(void *arg) {
  struct tracer *const t = arg;
  const uint64_t number = (uint64_t)(t - tracers);
  require(!tracer_enable(t), "ENABLE");
  for (uint64_t round = 0; round < ROUNDS; round++) {
    bool ran[IMPLIED + 1] = {0};
    const size_t n = run_some(round * TASKS + number, ran);
    if (round % 7 == 0) { /* another task's turn */
      kcov8_task_run(NULL);
      run_block(6 + round % BLOCKS);
      kcov8_task_run(&t->task);
    }
    kcov8_syscall_return(&t->task);
    require(t->words[0] == n, "how many blocks");
    for (size_t i = 1; i <= n; i++) {
      const size_t b = block_of(t->words[i], pcs);
      require(b <= IMPLIED && ran[b], "a block that did not run, or twice");
      ran[b] = false;
    }
    t->words[0] = 0;
    if (round % 100 == 99) {
      require(!kcov8_ioctl(t->file, &t->task, KCOV8_DISABLE, 0), "DISABLE");
      require(!tracer_enable(t), "ENABLE again");
    }
  }
  __atomic_fetch_sub(&running, 1, __ATOMIC_RELAXED);
  return NULL;
}

static void ignore(void *ctx, uint64_t pc, unsigned int hits, uint64_t id,
                   int moved) {
  (void)ctx, (void)pc, (void)hits, (void)id, (void)moved;
}

/* Images of both kinds come and go, and others look at the files. */
static void meddle(uint64_t round) {
  struct image *const other = per_task(10 + round % 3);
  struct image *const shared = round % 4 ? NULL : image_load(20, 5);
  require(!kcov8_harvest(ignore, NULL), "harvest");
  for (size_t t = 0; t < TASKS; t++)
    require(!kcov8_file_dropped(tracers[t].file), "dropped");
  if (shared)
    image_unload(shared);
  image_unload(other);
}

static void tracers_start(void) {
  running = TASKS;
  for (size_t t = 0; t < TASKS; t++)
    tracer_start(&tracers[t], device, WORDS);
  for (size_t b = 0; b <= IMPLIED; b++)
    pcs[b] = image_pc(img, b);
}

static void all_at_once(void **state) {
  (void)state;
  pthread_t threads[TASKS];
  tracers_start();
  for (size_t t = 0; t < TASKS; t++)
    pthread_create(&threads[t], NULL, trace, &tracers[t]);
  for (uint64_t round = 0; __atomic_load_n(&running, __ATOMIC_RELAXED); round++)
    meddle(round);
  for (size_t t = 0; t < TASKS; t++)
    pthread_join(threads[t], NULL);
  for (size_t t = 0; t < TASKS; t++)
    tracer_end(&tracers[t]);
}

/* ---- Another task's buffer ----------------------------------------------- */

static void *reset_others(void *arg) {
  struct kcov8_task nobody;
  kcov8_task_init(&nobody);
  while (__atomic_load_n(&running, __ATOMIC_RELAXED)) {
    const int err = kcov8_ioctl(arg, &nobody, KCOV8_RESET_TRACE, 0);
    require(!err || err == -KCOV8_EINVAL, "RESET_TRACE");
  }
  return NULL;
}

static void reset_by_others(void **state) {
  (void)state;
  struct tracer t;
  pthread_t thread;
  running = 1;
  tracer_start(&t, device, WORDS);
  assert_int_equal(tracer_enable(&t), 0);
  pthread_create(&thread, NULL, reset_others, t.file);
  for (size_t round = 0; round < 20 * ROUNDS; round++) {
    run_block(6 + round % BLOCKS);
    kcov8_syscall_return(&t.task);
  }
  __atomic_store_n(&running, 0, __ATOMIC_RELAXED);
  pthread_join(thread, NULL);
  assert_true(t.words[0] < WORDS);
  tracer_end(&t);
}

/* ---- Background work ----------------------------------------------------- */

enum { HANDLES = 4, SECTIONS = 3, COUNT = BLOCKS / HANDLES };

static int enable_remote(struct tracer *t, uint64_t handle) {
  const struct kcov8_remote_arg arg = {.trace_mode = KCOV8_TRACE_PC,
                                       .area_size = WORDS,
                                       .common_handle = handle};
  return kcov8_ioctl(t->file, &t->task, KCOV8_REMOTE_ENABLE, (uintptr_t)&arg);
}

static void work(struct kcov8_task *worker, uint64_t handle, size_t block) {
  assert_int_equal(kcov8_remote_start(device, worker, handle), 0);
  run_block(block);
  kcov8_remote_stop(worker);
  assert_int_equal(base, 0);
}

static uint64_t bucket_of(uint64_t handle) {
  return kcov8_mix64(handle) % KCOV8I_HANDLE_BUCKETS;
}

/* The next one that shares a bucket with @handle. */
static uint64_t neighbour(uint64_t from, uint64_t handle) {
  do
    from++;
  while (bucket_of(from) != bucket_of(handle));
  return from;
}

static void sections_lock(void **state) {
  (void)state;
  struct tracer t;
  struct kcov8_task worker, second, softirq;
  kcov8_task_init(&worker);
  kcov8_task_init(&second);
  kcov8_task_init(&softirq);
  tracer_start(&t, device, WORDS);
  assert_int_equal(enable_remote(&t, 7), 0);
  assert_int_equal(kcov8_remote_prepare(&softirq), 0);
  work(&worker, 7, 9); /* there is none yet */
  expect_pcs(t.words, img, 9, NULL);
  size_t locks = port.n_locks, live = port.live;
  for (int n = 0; n < 3; n++)
    work(n == 1 ? &second : &worker, 7, 10);
  expect_pcs(t.words, img, 10, img, 10, img, 10, NULL);
  const uint64_t other = neighbour(7, 7);
  assert_true(kcov8_remote_wanted(device, other));
  assert_int_equal(kcov8_remote_start(device, &worker, other), -KCOV8_ENOENT);
  const size_t now = kcov8_remote_now();
  base = kcov8_remote_base(&softirq);
  run_block(11);
  base = 0;
  assert_int_equal(kcov8_remote_deliver(device, &softirq, 7, now), 0);
  expect_pcs(t.words, img, 11, NULL);
  assert_int_equal(port.n_locks, locks);
  assert_int_equal(port.live, live);

  /* Two at once need two. */
  assert_int_equal(kcov8_remote_start(device, &worker, 7), 0);
  assert_int_equal(port.n_locks, locks);
  run_block(12);
  assert_int_equal(kcov8_remote_start(device, &second, 7), 0);
  assert_int_equal(port.n_locks, locks + 1);
  run_block(13);
  kcov8_remote_stop(&second);
  kcov8_task_run(&worker);
  run_block(14);
  kcov8_remote_stop(&worker);
  assert_int_equal(port.n_locks, locks + 1);
  expect_pcs(t.words, img, 13, img, 12, img, 14, NULL);

  /* Images come and go. */
  struct image *const shared = image_load(2, 5);
  hit(shared, 1); /* nobody's */
  locks = port.n_locks;
  work(&worker, 7, 9);
  expect_pcs(t.words, img, 9, NULL);
  assert_int_equal(port.n_locks, locks + 2);
  hit(shared, 1);
  image_unload(shared);
  work(&worker, 7, 9);
  struct image *const late = per_task(3);
  work(&worker, 7, 9); /* a copy of it */
  locks = port.n_locks;
  assert_int_equal(kcov8_remote_start(device, &worker, 7), 0);
  __atomic_store_n(late->counters + 8 + base, 1, __ATOMIC_RELAXED);
  run_block(9);
  kcov8_remote_stop(&worker);
  expect_pcs(t.words, img, 9, img, 9, img, 9, late, 8, NULL);
  assert_int_equal(port.n_locks, locks);
  image_unload(late);
  work(&worker, 7, 9);
  expect_pcs(t.words, img, 9, NULL);
  kcov8_task_exit(&softirq);
  tracer_end(&t);
}

/* Running ones and idle ones, of a file that goes or is enabled again. */
static void sections_end(void **state) {
  (void)state;
  struct tracer t, u;
  struct kcov8_task worker, second;
  kcov8_task_init(&worker);
  kcov8_task_init(&second);
  tracer_start(&t, device, WORDS);
  assert_int_equal(enable_remote(&t, 7), 0);
  assert_int_equal(kcov8_remote_start(device, &worker, 7), 0);
  work(&second, 7, 9);
  expect_pcs(t.words, img, 9, NULL);
  run_block(10);
  tracer_disable(&t);
  assert_int_equal(kcov8_remote_start(device, &second, 7), -KCOV8_ENOENT);
  assert_int_equal(enable_remote(&t, 7), 0);
  work(&second, 7, 11);
  kcov8_task_run(&worker);
  run_block(12);
  assert_int_equal(kcov8_harvest(ignore, NULL), 0);
  work(&second, 7, 11);
  kcov8_task_run(&worker);
  run_block(12);
  kcov8_remote_stop(&worker);
  expect_pcs(t.words, img, 11, img, 11, NULL);
  work(&worker, 7, 13);
  expect_pcs(t.words, img, 13, NULL);
  tracer_end(&t);

  /* The lock, the handle and the counters go to the next ones. */
  tracer_start(&u, device, WORDS);
  assert_int_equal(kcov8_remote_start(device, &worker, 7), -KCOV8_ENOENT);
  assert_int_equal(enable_remote(&u, 8), 0);
  assert_int_equal(kcov8_remote_start(device, &worker, 7), -KCOV8_ENOENT);
  work(&worker, 8, 14);
  work(&worker, 8, 15);
  expect_pcs(u.words, img, 14, img, 15, NULL);
  tracer_end(&u);
}

/* What ran between sections is not the file's, nor what others ran then. */
static void sections_of_shared_counters(void **state) {
  (void)state;
  struct tracer t, local;
  struct kcov8_task worker;
  kcov8_task_init(&worker);
  tracer_start(&t, device, WORDS);
  tracer_start(&local, device, WORDS);
  assert_int_equal(enable_remote(&t, 7), 0);
  work(&worker, 7, 9); /* it waits at the file from now on */
  struct image *const shared = image_load(2, 5);
  assert_int_equal(tracer_enable(&local), 0);
  hit(shared, 1);
  kcov8_syscall_return(&local.task);
  expect_pcs(local.words, shared, 1, NULL);
  tracer_disable(&local);
  work(&worker, 7, 10);
  expect_pcs(t.words, img, 9, img, 10, NULL);
  tracer_end(&t);
  tracer_end(&local);
  image_unload(shared);
}

/* Counts are added up on the way. */
static void sections_of_counts(void **state) {
  (void)state;
  struct tracer t;
  struct kcov8_task worker;
  kcov8_task_init(&worker);
  tracer_start(&t, device, WORDS);
  assert_int_equal(kcov8_ioctl(t.file, &t.task, KCOV8_SET_COUNTS, 1), 0);
  assert_int_equal(enable_remote(&t, 7), 0);
  work(&worker, 7, 9);
  const size_t locks = port.n_locks;
  work(&worker, 7, 10);
  assert_int_equal(port.n_locks, locks);
  assert_int_equal(t.words[0], 2);
  assert_int_equal(t.words[3], image_pc(img, 10));
  assert_int_equal(t.words[4], 1);
  struct image *const late = per_task(3);
  for (int n = 0; n < 2; n++) {
    t.words[0] = 0;
    assert_int_equal(kcov8_remote_start(device, &worker, 7), 0);
    __atomic_store_n(late->counters + 8 + base, 1, __ATOMIC_RELAXED);
    kcov8_remote_stop(&worker);
    assert_int_equal(t.words[0], 1);
    assert_int_equal(t.words[1], image_pc(late, 8));
  }
  tracer_end(&t);
  image_unload(late);
}

/*
 * Workers for handles that go from file to file, while files and images come
 * and go. Work for handle h runs blocks of h's own. So a buffer has those of
 * the handle that its file has had, or a section was delivered to another's.
 */
static size_t delivered;

static bool is_of(uint64_t pc, uint64_t handle) {
  const size_t b = block_of(pc, pcs);
  return b >= 6 && b < IMPLIED && (b - 6) / COUNT == handle - 1;
}

static void check_buffer(struct tracer *t, uint64_t handle) {
  const uint64_t n = __atomic_load_n(&t->words[0], __ATOMIC_ACQUIRE);
  require(n < WORDS, "count");
  for (uint64_t i = 1; i <= n; i++)
    require(is_of(t->words[i], handle), "a block of another's handle");
  __atomic_fetch_add(&delivered, (size_t)n, __ATOMIC_RELAXED);
}

/* Another handle each time, if nobody else has it; a new file now and then. */
static void *own(void *arg) {
  struct tracer *const t = arg;
  const uint64_t number = (uint64_t)(t - tracers);
  for (uint64_t round = 0; round < ROUNDS / 8; round++) {
    const uint64_t handle = kcov8_mix64(round * TASKS + number) % HANDLES + 1;
    const int err = enable_remote(t, handle);
    require(!err || err == -KCOV8_EEXIST, "REMOTE_ENABLE");
    if (err)
      continue;
    sched_yield();
    require(!kcov8_ioctl(t->file, &t->task, KCOV8_DISABLE, 0), "DISABLE");
    check_buffer(t, handle);
    t->words[0] = 0;
    if (round % 8 == 0) {
      tracer_end(t);
      tracer_start(t, device, WORDS);
    }
  }
  __atomic_fetch_sub(&running, 1, __ATOMIC_RELAXED);
  return NULL;
}

static void run_for(uint64_t handle, uint64_t seed) {
  for (uint64_t k = 0; k < 4; k++)
    run_block(6 + (handle - 1) * COUNT + kcov8_mix64(seed + k) % COUNT);
}

static void *work_for_all(void *arg) {
  struct kcov8_task worker;
  uint64_t seed = (uintptr_t)arg;
  kcov8_task_init(&worker);
  while (__atomic_load_n(&running, __ATOMIC_RELAXED)) {
    const uint64_t handle = kcov8_mix64(seed += SECTIONS) % HANDLES + 1;
    const int err = kcov8_remote_start(device, &worker, handle);
    require(!err || err == -KCOV8_ENOENT, "start");
    if (!err)
      run_for(handle, seed);
    kcov8_remote_stop(&worker);
    require(!base, "base behind a section");
  }
  kcov8_task_exit(&worker);
  return NULL;
}

/* As a softirq does. */
static void *deliver_to_all(void *arg) {
  struct kcov8_task worker;
  uint64_t seed = (uintptr_t)arg;
  kcov8_task_init(&worker);
  require(!kcov8_remote_prepare(&worker), "prepare");
  while (__atomic_load_n(&running, __ATOMIC_RELAXED)) {
    const uint64_t handle = kcov8_mix64(seed += SECTIONS) % HANDLES + 1;
    const size_t now = kcov8_remote_now();
    if (!now)
      continue;
    base = kcov8_remote_base(&worker);
    run_for(handle, seed);
    base = 0;
    const int err = kcov8_remote_deliver(device, &worker, handle, now);
    require(!err || err == -KCOV8_ENOENT, "deliver");
  }
  kcov8_task_exit(&worker);
  return NULL;
}

static void sections_at_once(void **state) {
  (void)state;
  pthread_t owners[TASKS], workers[SECTIONS];
  tracers_start();
  for (size_t t = 0; t < TASKS; t++)
    pthread_create(&owners[t], NULL, own, &tracers[t]);
  for (size_t w = 0; w < SECTIONS; w++)
    pthread_create(&workers[w], NULL, w % 3 ? work_for_all : deliver_to_all,
                   (void *)w);
  for (uint64_t round = 0; __atomic_load_n(&running, __ATOMIC_RELAXED);
       round++) {
    struct image *const other = per_task(10 + round % 3);
    struct image *const shared = round % 4 ? NULL : image_load(20, 5);
    require(!kcov8_harvest(ignore, NULL), "harvest");
    sched_yield();
    if (shared)
      image_unload(shared);
    image_unload(other);
  }
  for (size_t t = 0; t < TASKS; t++)
    pthread_join(owners[t], NULL);
  for (size_t w = 0; w < SECTIONS; w++)
    pthread_join(workers[w], NULL);
  assert_true(delivered > 0);
  for (size_t t = 0; t < TASKS; t++)
    tracer_end(&tracers[t]);
}

/* A handle is found, whatever goes on in its bucket. */
enum { CHAIN = 128 };

static void *change_buckets(void *arg) {
  static _Alignas(8) char
      bytes[2][sizeof(struct kcov8_remote_arg) + CHAIN * sizeof(uint64_t)];
  struct tracer *const t = arg;
  for (size_t b = 0; b < 2; b++) { /* that of 7, and the one of 8 */
    struct kcov8_remote_arg *const a = (void *)bytes[b];
    *a = (struct kcov8_remote_arg){.area_size = WORDS, .num_handles = CHAIN};
    for (size_t i = 0; i < CHAIN; i++)
      a->handles[i] =
          neighbour(i ? a->handles[i - 1] : KCOV8_SUBSYSTEM_USB, 7 + b);
  }
  for (int round = 0; round < ROUNDS; round++) {
    require(!kcov8_ioctl(t->file, &t->task, KCOV8_REMOTE_ENABLE,
                         (uintptr_t)bytes[round % 2]),
            "REMOTE_ENABLE");
    require(!kcov8_ioctl(t->file, &t->task, KCOV8_DISABLE, 0), "DISABLE");
  }
  __atomic_store_n(&running, 0, __ATOMIC_RELAXED);
  return NULL;
}

static void neighbours_change(void **state) {
  (void)state;
  struct tracer t, u;
  pthread_t thread;
  tracer_start(&t, device, WORDS);
  tracer_start(&u, device, WORDS);
  assert_int_equal(enable_remote(&t, 7), 0);
  running = 1;
  pthread_create(&thread, NULL, change_buckets, &u);
  while (__atomic_load_n(&running, __ATOMIC_RELAXED)) {
    struct kcov8_file *file;
    if (!kcov8i_handle_lock(device, 7, &file))
      continue; /* it changed */
    require(file == t.file, "a handle is not found");
    kcov8i_sink_unlock(&file->sink);
  }
  pthread_join(thread, NULL);
  tracer_end(&t);
  tracer_end(&u);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(which_lock),         TEST(cleared_without_the_lock),
      TEST(shared_image_comes), TEST(all_at_once),
      TEST(reset_by_others),    TEST(sections_lock),
      TEST(sections_end),       TEST(sections_of_shared_counters),
      TEST(sections_of_counts), TEST(sections_at_once),
      TEST(neighbours_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
