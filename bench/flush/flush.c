/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * flush.c - times one size of image: flush N MILLISECONDS [HOW]
 *
 * HOW: a flush after 500 blocks, in functions, were hit in an image without or
 * with marks (full, summary). Compiled with BENCH_LENDS as in a kernel, whose
 * vector registers are not the core's: in words (full-words, summary-words), or
 * with registers that are saved before and loaded behind (full-lent):
 *   touched N HOW MEDIAN MIN
 *
 * Prints lines of words, for run.py:
 *   prepare N NANOSECONDS              first open, images registered
 *   memory N RESIDENT PEAK TABLES      bytes that the core holds, held at most
 *                                      while preparing, and the tables have
 *   time N LAYOUT PER-100000 METHOD MEDIAN MIN    nanoseconds
 * Methods of a row of cells are interleaved, on the same memory with the same
 * hits, which are written anew before each.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ROUNDS = 201, MAX_METHODS = 12, MIN_ROUNDS = 11, SETS = 16 };

static struct image image;
static uint8_t *copy;   /* for memcpy */
static uint32_t *found; /* for the peers */
static struct kcov8_task task;
static uint64_t *buffer;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "flush: %s\n", what);
  exit(1);
}

/* ---- Methods: each returns how many hits it found --------------------- */

static kcov8i_sweep_fn *kind; /* of the pure sweep */

static size_t run_memchr(void) {
  return read_memchr(image.counters, image.n_counters);
}
static size_t run_memcpy(void) {
  return copy_memcpy(copy, image.counters, image.n_counters);
}
static size_t run_byte_loop(void) {
  return byte_loop(image.counters, image.n_counters, found);
}
static size_t run_words_of_8(void) {
  return words_of_8(image.counters, image.n_counters, found);
}
static size_t run_sweep(void) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  size_t n = 0;
  for (size_t pos = 0; pos < image.n_counters;)
    n += kind(image.counters, image.n_counters, &pos, hits);
  return n;
}
static size_t run_flush(void) {
  kcov8_syscall_return(&task);
  port_vectors_back();
  return buffer[0];
}

struct method {
  char name[24];
  size_t (*run)(void);
  kcov8i_sweep_fn *kind;
  bool clears;
};

static size_t all_methods(struct method *m) {
  struct kcov8i_sweep_kind kinds[KCOV8I_SWEEP_KINDS];
  const size_t n_kinds = kcov8i_sweep_kinds(kinds);
  size_t n = 0;
  m[n++] = (struct method){"memchr", run_memchr, NULL, false};
  m[n++] = (struct method){"memcpy", run_memcpy, NULL, false};
  m[n++] = (struct method){"byte-loop", run_byte_loop, NULL, true};
  m[n++] = (struct method){"words-of-8", run_words_of_8, NULL, true};
  for (size_t k = 0; k < n_kinds; k++) {
    m[n] = (struct method){"sweep-", run_sweep, kinds[k].sweep, true};
    strcat(m[n++].name, kinds[k].name);
  }
  m[n++] = (struct method){"flush", run_flush, NULL, true};
  return n;
}

/* ---- Measuring -------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* What two readings of the clock cost. */
static int64_t clock_cost(void) {
  int64_t least = INT64_MAX;
  for (int i = 0; i < 1000; i++) {
    const int64_t t = now(), d = now() - t;
    least = d < least ? d : least;
  }
  return least;
}

static int64_t time_one(const struct method *m, const uint32_t *hits, size_t n,
                        int64_t clock) {
  for (size_t i = 0; i < n; i++) {
    image.counters[hits[i]] = 1;
    if (image.marks)
      image.marks[hits[i] / KCOV8_MARK_BYTES] = 1;
  }
  kind = m->kind;
  buffer[0] = 0;
  __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the hits' stores are not timed */
  const int64_t t = now();
  const size_t got = m->run();
  const int64_t spent = now() - t - clock;
  if (m->clears && got != n)
    fail("a method found another number of hits");
  if (!m->clears)
    for (size_t i = 0; i < n; i++)
      image.counters[hits[i]] = 0;
  return spent > 0 ? spent : 0;
}

static void time_cells(const char *layout, unsigned int per_100000,
                       int64_t budget) {
  static int64_t times[MAX_METHODS][MAX_ROUNDS];
  struct method methods[MAX_METHODS];
  const size_t n_methods = all_methods(methods);
  const int64_t clock = clock_cost(), deadline = now() + budget;
  const size_t n = image.n_counters * per_100000 / 100000;
  uint32_t *sets[SETS];
  size_t rounds = 0;

  /* Several, or the branch predictor would know where the hits are. */
  for (size_t s = 0; s < SETS; s++)
    sets[s] = choose_hits(&image, n, layout[0] == 'c');
  for (size_t m = 0; m < n_methods; m++)
    time_one(&methods[m], sets[0], n, clock); /* warm up */
  while (rounds < MIN_ROUNDS || (rounds < MAX_ROUNDS && now() < deadline)) {
    for (size_t m = 0; m < n_methods; m++)
      times[m][rounds] = time_one(&methods[m], sets[rounds % SETS], n, clock);
    rounds++;
  }
  for (size_t m = 0; m < n_methods; m++) {
    qsort(times[m], rounds, sizeof(times[m][0]), by_value);
    printf("time %zu %s %u %s %lld %lld\n", image.n_counters, layout,
           per_100000, methods[m].name, (long long)times[m][rounds / 2],
           (long long)times[m][0]);
  }
  for (size_t s = 0; s < SETS; s++)
    free(sets[s]);
}

static void time_touched(const char *how, int64_t budget) {
  static int64_t times[MAX_ROUNDS];
  const struct method flush = {"flush", run_flush, NULL, true};
  const int64_t clock = clock_cost(), deadline = now() + budget;
  const size_t n = 500;
  uint32_t *sets[SETS];
  size_t rounds = 0;
  for (size_t s = 0; s < SETS; s++) {
    sets[s] = choose_hits(&image, n, true);
    time_one(&flush, sets[s], n, clock);
  }
  for (; rounds < MIN_ROUNDS || (rounds < MAX_ROUNDS && now() < deadline);
       rounds++)
    times[rounds] = time_one(&flush, sets[rounds % SETS], n, clock);
  qsort(times, rounds, sizeof(times[0]), by_value);
  printf("touched %zu %s %lld %lld\n", image.n_counters, how,
         (long long)times[rounds / 2], (long long)times[0]);
}

/* ---- Set-up ----------------------------------------------------------- */

static struct kcov8_file *open_device(struct kcov8_device *device) {
  struct kcov8_file *file;
  if (kcov8_open(device, &file))
    fail("open");
  return file;
}

/* Rounds of a first open: images are forgotten between. */
static void time_prepare(struct kcov8_device *device) {
  const size_t live = port_live_bytes;
  for (int round = 0; round < 9; round++) {
    kcov8i_forget_images();
    __kcov8_image_register(&image.desc);
    port_peak_bytes = port_live_bytes;
    const int64_t t = now();
    struct kcov8_file *const file = open_device(device);
    printf("prepare %zu %lld\n", image.n_counters, (long long)(now() - t));
    kcov8_file_put(file);
  }
  printf("memory %zu %zu %zu %zu\n", image.n_counters, port_live_bytes - live,
         port_peak_bytes - live, image.table_bytes);
}

static void enable(struct kcov8_device *device) {
  struct kcov8_area area;
  struct kcov8_file *const file = open_device(device);
  const uint64_t words = image.n_counters + 1;
  kcov8_task_init(&task);
  if (kcov8_ioctl(file, &task, KCOV8_INIT_TRACE64, words) ||
      kcov8_mmap(file, words * 8, 0, &area) ||
      kcov8_ioctl(file, &task, KCOV8_ENABLE, KCOV8_TRACE_PC))
    fail("enable");
  buffer = area.base;
  memset(buffer, 0, words * 8);
}

int main(int argc, char **argv) {
  static const unsigned int per_100000[] = {10, 50, 1000, 10000};
  struct kcov8_device *device = NULL;
  if (argc != 3 && argc != 4)
    fail("usage: flush BLOCKS MILLISECONDS-PER-CELL [HOW]");
  const size_t n = strtoull(argv[1], NULL, 0);
  const int64_t budget = strtoll(argv[2], NULL, 0) * 1000000;
  image_make(&image, n);
  if (argc == 4) {
    if (argv[3][0] == 's')
      image_add_summary(&image);
    port_lends = strstr(argv[3], "lent");
    __kcov8_image_register(&image.desc);
    if (kcov8_device_create(NULL, &device))
      fail("no memory");
    enable(device);
    time_touched(argv[3], budget);
    return 0;
  }
  copy = malloc(n);
  found = malloc(n * sizeof(*found));
  if (!copy || !found || kcov8_device_create(NULL, &device))
    fail("no memory");
  memset(copy, 1, n);
  memset(found, 1, n * sizeof(*found));
  time_prepare(device);
  enable(device);
  for (size_t d = 0; d < sizeof(per_100000) / sizeof(per_100000[0]); d++) {
    time_cells("clustered", per_100000[d], budget);
    time_cells("random", per_100000[d], budget);
  }
  return 0;
}
