/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * test_stress.c - threads run blocks while another flushes: sets stay exact
 *
 * test_stress [SECONDS]: 2 by default, shared by all cases; 60 on request.
 *
 * Each thread counts, per block and before and after the hit, what it began and
 * what it finished. From these counts, read before and after each flush:
 * - lost: a hit began after the flush that reported the block last had ended,
 *   and was finished before this one began, but this one does not report it;
 * - invented: this flush reports a block all of whose hits were finished before
 *   the flush that reported it last had begun. What is allowed is a hit that
 *   straddles a flush: an increment may be reported by that flush and the next.
 *   A `flag` may not: there are never more reports than hits.
 */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { BLOCKS = 1500, THREADS = 3, TASKS = 2, WORDS = BLOCKS + 1 };

static double seconds = 2;

/* ---- Threads that run blocks ------------------------------------------- */

static struct image *image;
static bool flags; /* probes of kind `flag` */
static atomic_bool stop;

/* Each written by one thread. */
static struct { atomic_uint begun[BLOCKS], done[BLOCKS]; } ran[THREADS];

static void run_block(size_t thread, uint32_t block) {
  atomic_uint *const begun = &ran[thread].begun[block];
  atomic_uint *const done = &ran[thread].done[block];
  const unsigned int n = atomic_load_explicit(begun, memory_order_relaxed) + 1;
  atomic_store_explicit(begun, n, memory_order_relaxed);
  atomic_thread_fence(memory_order_release); /* begun, then the hit */
  if (flags) {
    __atomic_store_n(&image->counters[block], 1, __ATOMIC_RELAXED);
    if (image->mark)
      __atomic_store_n(image->mark[block], 1, __ATOMIC_RELEASE);
  } else {
    hit(image, block);
  }
  atomic_store_explicit(done, n, memory_order_release);
}

static void *run(void *arg) {
  const size_t thread = (size_t)(uintptr_t)arg;
  uint64_t seed = thread;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    /* A function: some near blocks, some of them again. */
    const uint64_t r = kcov8_mix64(seed += THREADS);
    const uint32_t first = (uint32_t)(r % (BLOCKS - 64));
    for (int i = 0; i < 24; i++)
      run_block(thread, first + (uint32_t)(kcov8_mix64(r + (uint64_t)i) % 64));
  }
  return NULL;
}

static unsigned int all_begun(uint32_t block) {
  unsigned int n = 0;
  for (size_t t = 0; t < THREADS; t++)
    n += atomic_load_explicit(&ran[t].begun[block], memory_order_acquire);
  return n;
}

static unsigned int all_done(uint32_t block) {
  unsigned int n = 0;
  for (size_t t = 0; t < THREADS; t++)
    n += atomic_load_explicit(&ran[t].done[block], memory_order_acquire);
  return n;
}

/* ---- Flushes ----------------------------------------------------------- */

/* Sets reported[block] for all that one flush reports. */
typedef void flush_fn(uint8_t *reported);

static kcov8i_sweep_fn *sweep;

static void flush_by_sweep(uint8_t *reported) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  for (size_t pos = 0; pos < BLOCKS;) {
    const size_t n = sweep(image->counters, BLOCKS, &pos, hits);
    for (size_t i = 0; i < n; i++)
      reported[hits[i].index] = 1;
  }
}

static struct kcov8_task tasks[TASKS];
static uint64_t *words[TASKS];
static uint32_t block_of[BLOCKS]; /* by rank of the PC */
static uint64_t pcs[BLOCKS];      /* ascending */

static int compare_pcs(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void flush_task(size_t task, uint8_t *reported) {
  kcov8_syscall_return(&tasks[task]);
  for (uint64_t i = 1; i <= words[task][0]; i++) {
    const uint64_t *const pc =
        bsearch(&words[task][i], pcs, BLOCKS, sizeof(*pcs), compare_pcs);
    assert_non_null(pc);
    uint8_t *const r = &reported[block_of[pc - pcs]];
    assert_int_equal(*r, 0); /* once per flush */
    *r = 1;
  }
  words[task][0] = 0;
}

static void flush_by_device(uint8_t *reported) { flush_task(0, reported); }

/*
 * The other one's flush takes everything; the first has it all the same. What
 * the first one's own flush took, the other has the next time.
 */
static void flush_with_two(uint8_t *reported) {
  static uint8_t before[BLOCKS];
  uint8_t other[BLOCKS] = {0};
  flush_task(1, other);
  flush_task(0, reported);
  for (size_t b = 0; b < BLOCKS; b++)
    if (other[b] && !reported[b] && !before[b])
      fail_msg("block %zu is missing for the task that flushed second", b);
  memcpy(before, reported, sizeof(before));
}

/* ---- The check --------------------------------------------------------- */

static struct {
  unsigned int done_before; /* the flush that reported it last */
  unsigned int begun_after;
  unsigned int reports;
} last[BLOCKS];

static unsigned int done[BLOCKS];

/* Returns how many blocks were reported. */
static size_t check_flush(flush_fn *flush, bool quiet) {
  uint8_t reported[BLOCKS] = {0};
  size_t n = 0;
  for (uint32_t b = 0; b < BLOCKS; b++)
    done[b] = all_done(b);
  flush(reported);
  atomic_thread_fence(memory_order_acquire); /* what a hit's block had begun */
  for (uint32_t b = 0; b < BLOCKS; b++) {
    if (!reported[b]) {
      if (done[b] > last[b].begun_after)
        fail_msg("block %u ran and is not reported", b);
      continue;
    }
    const unsigned int begun = all_begun(b);
    n++;
    if (begun <= last[b].done_before)
      fail_msg("block %u is reported and did not run", b);
    if (flags && ++last[b].reports > begun)
      fail_msg("block %u has more reports than hits", b);
    last[b].done_before = done[b];
    last[b].begun_after = begun;
  }
  if (quiet)
    for (uint32_t b = 0; b < BLOCKS; b++)
      assert_int_equal(image->counters[b], 0);
  return n;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stress(const char *name, flush_fn *flush, double length) {
  pthread_t threads[THREADS];
  size_t n_flushes = 0, n_reports = 0;
  memset(ran, 0, sizeof(ran));
  memset(last, 0, sizeof(last));
  stop = false;
  for (size_t t = 0; t < THREADS; t++)
    pthread_create(&threads[t], NULL, run, (void *)(uintptr_t)t);
  for (const double end = now() + length; now() < end; n_flushes++) {
    const size_t n = check_flush(flush, false);
    n_reports += n;
    if (!n)
      sched_yield(); /* fewer CPUs than threads */
  }
  stop = true;
  for (size_t t = 0; t < THREADS; t++)
    pthread_join(threads[t], NULL);
  n_reports += check_flush(flush, true); /* all that is left */
  assert_int_equal(check_flush(flush, true), 0);
  print_message("%s %s: %zu flushes, %zu blocks reported\n", name,
                flags ? "flag" : "counter", n_flushes, n_reports);
  assert_true(n_reports > 0);
}

static void enable_tasks(struct kcov8_device *device, size_t from, size_t to) {
  for (size_t t = from; t < to; t++) {
    struct kcov8_file *const f = file_make(device, WORDS, &words[t]);
    kcov8_task_init(&tasks[t]);
    assert_int_equal(kcov8_ioctl(f, &tasks[t], KCOV8_ENABLE, 0), 0);
    kcov8_file_put(f); /* the task holds it */
  }
}

static void index_pcs(void) {
  for (uint32_t b = 0; b < BLOCKS; b++)
    pcs[b] = image_pc(image, b);
  qsort(pcs, BLOCKS, sizeof(*pcs), compare_pcs);
  for (uint32_t b = 0; b < BLOCKS; b++) {
    const uint64_t pc = image_pc(image, b);
    const uint64_t *const at =
        bsearch(&pc, pcs, BLOCKS, sizeof(pc), compare_pcs);
    block_of[at - pcs] = b;
  }
}

static void both_probes(const char *name, flush_fn *flush, double length) {
  flags = false;
  stress(name, flush, length);
  flags = true;
  stress(name, flush, length);
}

static struct kcov8i_sweep_kind kinds[KCOV8I_SWEEP_KINDS];
static size_t n_kinds;
static double length; /* of one case */

static void sweeps(void **state) {
  (void)state;
  image = image_load(1, BLOCKS);
  for (size_t k = 0; k < n_kinds; k++) {
    sweep = kinds[k].sweep;
    both_probes(kinds[k].name, flush_by_sweep, length);
  }
  image_unload(image);
}

static void devices(bool marks) {
  struct kcov8_device *const device = device_make();
  image = image_of(1, BLOCKS);
  if (marks)
    image_add_marks(image, (size_t[]){0, BLOCKS}, 2);
  __kcov8_image_register(&image->desc);
  enable_tasks(device, 0, 1);
  assert_int_equal(kcov8i.images->summary.n_marks != 0, marks);
  index_pcs();
  both_probes(marks ? "marks, one task" : "one task", flush_by_device, length);
  enable_tasks(device, 1, 2);
  both_probes(marks ? "marks, two tasks" : "two tasks", flush_with_two, length);
  for (size_t t = 0; t < TASKS; t++)
    kcov8_task_exit(&tasks[t]);
  assert_int_equal(kcov8_device_destroy(device), 0);
  image_unload(image);
}

static void device(void **state) {
  (void)state;
  devices(false);
}

static void device_with_marks(void **state) {
  (void)state;
  devices(true);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(sweeps, start_up, clean_up),
      cmocka_unit_test_setup_teardown(device, start_up, clean_up),
      cmocka_unit_test_setup_teardown(device_with_marks, start_up, clean_up),
  };
  if (argc > 1)
    seconds = strtod(argv[1], NULL);
  n_kinds = kcov8i_sweep_kinds(kinds);
  length = seconds / (double)(2 * n_kinds + 8);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
