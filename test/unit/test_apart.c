/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_apart.c - tasks that flush different files at the same time
 *
 * The fake port checks the order of locks. Bounded by counts, never by time.
 * Meant for ThreadSanitizer as well.
 */
#define _GNU_SOURCE
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 600, WORDS = 1024, TASKS = 4, ROUNDS = 3000, EACH = 24 };

/* ---- Port ---------------------------------------------------------------- */

static _Thread_local intptr_t base;

int kcov8_port_map(void **at, size_t bytes) {
  void *const p = mmap(
      *at, bytes, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | (*at ? MAP_FIXED_NOREPLACE : 0), -1, 0);
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

static int set_up(void **state) {
  start_up(state);
  base = 0;
  device = device_make();
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
  port.on_unlock = NULL;
  assert_int_equal(seen_at_unlock, 1);
  assert_int_equal(*left, 0);
  kcov8_syscall_return(&t.task);
  assert_int_equal(t.words[0], 0);
  tracer_end(&t);
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

static void all_at_once(void **state) {
  (void)state;
  pthread_t threads[TASKS];
  running = TASKS;
  for (size_t t = 0; t < TASKS; t++)
    tracer_start(&tracers[t], device, WORDS);
  for (size_t b = 0; b <= IMPLIED; b++)
    pcs[b] = image_pc(img, b);
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
  for (int round = 0; __atomic_load_n(&running, __ATOMIC_RELAXED); round++) {
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

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(which_lock),
      TEST(cleared_without_the_lock),
      TEST(all_at_once),
      TEST(reset_by_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
