/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_threads.c - probes, flushes, readers and calls at the same time
 *
 * Bounded by counts, never by time. Meant for ThreadSanitizer as well.
 */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

enum { N_BLOCKS = 4096, N_THREADS = 3 };

static struct kcov8_device *device;
static struct image *img;
static _Atomic(int) running;

static void require(bool ok, const char *what) {
  if (ok)
    return;
  fprintf(stderr, "test_threads: %s\n", what);
  _exit(1); /* cmocka would longjmp, from whatever thread */
}

static int set_up(void **state) {
  start_up(state);
  device = device_make();
  img = image_load(1, N_BLOCKS);
  return 0;
}

static int tear_down(void **state) {
  image_unload(img);
  if (kcov8_device_destroy(device))
    return 1;
  return clean_up(state);
}

/* PC to block: the runtime's slots, sorted. */
static struct entry {
  uint64_t pc;
  size_t block;
} entries[N_BLOCKS];

static int by_pc(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void index_pcs(void) {
  for (size_t b = 0; b < N_BLOCKS; b++)
    entries[b] = (struct entry){image_pc(img, b), b};
  qsort(entries, N_BLOCKS, sizeof(entries[0]), by_pc);
}

static size_t block_of(uint64_t pc) {
  const struct entry *const e =
      bsearch(&pc, entries, N_BLOCKS, sizeof(entries[0]), by_pc);
  require(e, "a PC that no block has");
  return e->block;
}

static void enable(struct kcov8_file *f, struct kcov8_task *task) {
  kcov8_task_init(task);
  require(!kcov8_ioctl(f, task, KCOV8_ENABLE, 0), "ENABLE");
}

/* Moves the buffer's PCs to a count per block. */
static void drain(uint64_t *w, uint32_t *reports) {
  for (uint64_t i = 1; i <= w[0]; i++)
    reports[block_of(w[i])]++;
  w[0] = 0;
}

static void flag(size_t block) {
  __atomic_store_n(&img->counters[block], 1, __ATOMIC_RELAXED);
}

/* ---- Each block runs once: reported once ---- */

/* Thread n runs blocks n, n + 3, ...: neighbours in one word. */
static void *run_once(void *arg) {
  const bool flags = (uintptr_t)arg / N_THREADS;
  for (size_t b = (uintptr_t)arg % N_THREADS; b < N_BLOCKS; b += N_THREADS) {
    if (flags)
      flag(b);
    else
      hit(img, b);
    if (b % 64 < N_THREADS)
      sched_yield();
  }
  running--;
  return NULL;
}

static void once_each(bool flags) {
  pthread_t threads[N_THREADS];
  static uint32_t reports[N_BLOCKS];
  struct kcov8_task task;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, N_BLOCKS + 1, &w);
  memset(reports, 0, sizeof(reports));
  index_pcs();
  enable(f, &task);
  running = N_THREADS;
  for (uintptr_t i = 0; i < N_THREADS; i++)
    pthread_create(&threads[i], NULL, run_once,
                   (void *)(i + (flags ? N_THREADS : 0)));
  while (running) {
    kcov8_syscall_return(&task);
    drain(w, reports);
    sched_yield();
  }
  for (int i = 0; i < N_THREADS; i++)
    pthread_join(threads[i], NULL);
  kcov8_task_exit(&task);
  drain(w, reports);
  for (size_t b = 0; b < N_BLOCKS; b++)
    assert_int_equal(reports[b], 1);
  kcov8_file_put(f);
}

static void flags_once_each(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++)
    once_each(true);
}

static void counters_once_each(void **state) {
  (void)state;
  for (int i = 0; i < 5; i++)
    once_each(false);
}

/* ---- Blocks that run often: each window's hits are reported in it ---- */

enum { ROUNDS = 2000, HOT = 16 };

/*
 * Announces what it ran, then waits until a flush after it has reported it.
 * Everything shared is ordered by these two.
 */
static _Atomic(uint32_t) ran, reported;

static void *run_rounds(void *arg) {
  (void)arg;
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    for (int n = 0; n < 8; n++)
      hit(img, 1000 + round % HOT);
    ran = round;
    while (reported < round)
      sched_yield();
  }
  return NULL;
}

static _Atomic(bool) stop;

/* Others keep the neighbouring bytes of the same words busy. */
static void *run_noise(void *arg) {
  (void)arg;
  for (size_t n = 0; !stop; n++) {
    hit(img, 1000 + HOT + n % HOT);
    hit(img, 1000 - 1 - n % HOT);
    if (n % 256 == 0)
      sched_yield();
  }
  return NULL;
}

static void windows(void **state) {
  (void)state;
  pthread_t runner, noise;
  struct kcov8_task task;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, N_BLOCKS + 1, &w);
  index_pcs();
  enable(f, &task);
  stop = false;
  ran = reported = 0;
  pthread_create(&noise, NULL, run_noise, NULL);
  pthread_create(&runner, NULL, run_rounds, NULL);
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    while (ran < round)
      sched_yield();
    kcov8_syscall_return(&task);
    bool found = false;
    for (uint64_t i = 1; i <= w[0]; i++) {
      const size_t b = block_of(w[i]);
      require(b >= 1000 - HOT && b < 1000 + 2 * HOT, "a block nobody ran");
      found |= b == 1000 + round % HOT;
    }
    w[0] = 0;
    require(found, "a block that ran is missing");
    reported = round;
  }
  stop = true;
  pthread_join(runner, NULL);
  pthread_join(noise, NULL);
  kcov8_task_exit(&task);
  kcov8_file_put(f);
}

/* ---- Two tasks flush at once: both get everything ---- */

static _Atomic(int) enabled;

static void *flush_all(void *arg) {
  uint32_t *const reports = arg;
  struct kcov8_task task;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, N_BLOCKS + 1, &w);
  enable(f, &task);
  enabled++;
  while (running) {
    kcov8_syscall_return(&task);
    drain(w, reports);
    sched_yield();
  }
  kcov8_syscall_return(&task);
  drain(w, reports);
  enabled--;
  while (enabled) /* nobody leaves before both have flushed */
    sched_yield();
  kcov8_task_exit(&task);
  kcov8_file_put(f);
  return NULL;
}

static void two_tasks(void **state) {
  (void)state;
  static uint32_t reports[2][N_BLOCKS];
  pthread_t tasks[2], probes;
  memset(reports, 0, sizeof(reports));
  kcov8_file_put(file_make(device, 2, NULL)); /* gives the image its PCs */
  index_pcs();
  running = 1;
  for (int i = 0; i < 2; i++)
    pthread_create(&tasks[i], NULL, flush_all, reports[i]);
  while (enabled < 2)
    sched_yield();
  pthread_create(&probes, NULL, run_once, (void *)0);
  pthread_join(probes, NULL);
  for (int i = 0; i < 2; i++)
    pthread_join(tasks[i], NULL);
  for (size_t b = 0; b < N_BLOCKS; b++)
    for (int i = 0; i < 2; i++)
      assert_int_equal(reports[i][b], b % N_THREADS == 0);
}

/* ---- A reader sees N: entries 1..N are there ---- */

static void *read_buffer(void *arg) {
  const uint64_t *const w = arg;
  uint64_t seen = 0;
  while (seen < N_BLOCKS) {
    const uint64_t n = __atomic_load_n(&w[0], __ATOMIC_ACQUIRE);
    require(n >= seen && n <= N_BLOCKS, "count");
    for (; seen < n; seen++)
      block_of(__atomic_load_n(&w[seen + 1], __ATOMIC_RELAXED));
  }
  return NULL;
}

static void reader(void **state) {
  (void)state;
  pthread_t thread;
  struct kcov8_task task;
  uint64_t *w;
  struct kcov8_file *const f = file_make(device, N_BLOCKS + 1, &w);
  index_pcs();
  enable(f, &task);
  pthread_create(&thread, NULL, read_buffer, w);
  for (size_t b = 0; b < N_BLOCKS; b++) {
    hit(img, b);
    if (b % 5 == 0)
      kcov8_syscall_return(&task);
  }
  kcov8_task_exit(&task);
  pthread_join(thread, NULL);
  kcov8_file_put(f);
}

/* ---- Everything at once; the sanitizers and the fake port judge ---- */

static void *churn(void *arg) {
  const uint64_t me = (uintptr_t)arg;
  struct kcov8_task task;
  kcov8_task_init(&task);
  for (uint64_t n = 0; n < 150; n++) {
    uint64_t *w;
    struct kcov8_file *const f = file_make(device, 64, &w);
    struct image *late = NULL;
    enable(f, &task);
    kcov8_file_get(f);
    hit(img, me * 64 + n % 64);
    if (n % 3 == me % 3) {
      late = image_load(2 + n % 5, 30);
      hit(late, 1);
    }
    /* Hostile: on top of the flush of another thread of the guest. */
    __atomic_store_n(&w[0], kcov8_mix64(n * 7 + me), __ATOMIC_RELAXED);
    kcov8_syscall_return(&task);
    __atomic_store_n(&w[0], 0, __ATOMIC_RELAXED);
    hit(img, me * 64 + n % 64);
    kcov8_file_put(f);
    kcov8_task_flush(&task);
    require(w[0] >= 1 && w[0] < 64, "own block is missing");
    if (late)
      image_unload(late);
    if (n % 2)
      require(!kcov8_ioctl(f, &task, KCOV8_DISABLE, 0), "DISABLE");
    kcov8_file_put(f);
    kcov8_task_exit(&task);
  }
  running--;
  return NULL;
}

static void ignore(void *ctx, uint64_t pc, unsigned int hits, uint64_t id,
                   int moved) {
  (void)ctx, (void)pc, (void)hits, (void)id, (void)moved;
}

static void everything(void **state) {
  (void)state;
  pthread_t threads[N_THREADS];
  running = N_THREADS;
  for (uintptr_t i = 0; i < N_THREADS; i++)
    pthread_create(&threads[i], NULL, churn, (void *)i);
  while (running) {
    require(!kcov8_harvest(ignore, NULL), "harvest");
    sched_yield();
  }
  for (int i = 0; i < N_THREADS; i++)
    pthread_join(threads[i], NULL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(flags_once_each), TEST(counters_once_each),
      TEST(windows),         TEST(two_tasks),
      TEST(reader),          TEST(everything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
