// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * time.c - what an execution costs, and a window around it
 *
 * time [--threads T] LIST PASSES
 *
 * Runs the inputs that LIST names PASSES times, without windows, then as often
 * with one each, and prints `WAY EXECUTIONS WALL-NS CPU-NS`; WAY is bare or
 * window. CPU time is that of the process. Then `map BYTES`, and `peak KIB` of
 * memory. With T > 1, each of T threads runs all inputs PASSES times, without
 * windows; the other ways are left out.
 */
#include "adapter.h"
#include "inputs.h"
#include <getopt.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_THREADS = 64 };

static struct inputs inputs;
static unsigned long passes;
static pthread_barrier_t begun;

static uint64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct times {
  uint64_t wall, cpu;
};

static struct times times_now(void) {
  return (struct times){now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID)};
}

static void print(const char *way, unsigned threads, struct times from) {
  const struct times to = times_now();
  printf("%s %zu %llu %llu\n", way, inputs.count * passes * threads,
         (unsigned long long)(to.wall - from.wall),
         (unsigned long long)(to.cpu - from.cpu));
}

static void bare(void) {
  for (unsigned long pass = 0; pass < passes; pass++)
    for (size_t i = 0; i < inputs.count; i++)
      inputs_run(&inputs.all[i]);
}

static void windows(void) {
  for (unsigned long pass = 0; pass < passes; pass++)
    for (size_t i = 0; i < inputs.count; i++) {
      scheme_reset();
      inputs_run(&inputs.all[i]);
      scheme_collect();
    }
}

static void *one_thread(void *unused) {
  pthread_barrier_wait(&begun);
  bare();
  return unused;
}

static void in_threads(unsigned threads) {
  pthread_t all[MAX_THREADS];
  if (pthread_barrier_init(&begun, NULL, threads + 1))
    inputs_die("barrier");
  for (unsigned i = 0; i < threads; i++)
    if (pthread_create(&all[i], NULL, one_thread, NULL))
      inputs_die("thread");
  pthread_barrier_wait(&begun);
  const struct times from = times_now();
  for (unsigned i = 0; i < threads; i++)
    pthread_join(all[i], NULL);
  print("bare", threads, from);
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"threads", 1, NULL, 't'}, {0}};
  unsigned threads = 1;
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
    if (c == 't')
      threads = (unsigned)strtoul(optarg, NULL, 10);
    else
      return 2;
  if (argc - optind == 2)
    passes = strtoul(argv[optind + 1], NULL, 10);
  if (!passes || !threads || threads > MAX_THREADS) {
    fputs("time [--threads T] LIST PASSES\n", stderr);
    return 2;
  }
  inputs = inputs_read(argv[optind]);
  const struct scheme_map map = scheme_map();
  if (threads > 1) {
    in_threads(threads);
  } else {
    inputs_run(&inputs.all[0]); // pages that the first execution touches
    struct times from = times_now();
    bare();
    print("bare", 1, from);
    from = times_now();
    windows();
    print("window", 1, from);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("map %zu\npeak %ld\n", map.size, usage.ru_maxrss);
  return 0;
}
