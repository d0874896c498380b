// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * time.c - what an execution costs, and a window around it
 *
 * time [--threads T] LIST PASSES
 *
 * Runs the inputs that LIST names PASSES times without windows, then as often
 * with one each. Prints `WAY EXECUTIONS WALL-NS CPU-NS`, CPU time of the main
 * thread; WAY is bare or window. Then `map BYTES`, and `peak KIB` of memory.
 *
 * With T > 1, T - 1 other threads run inputs all the time.
 */
#include "adapter.h"
#include "inputs.h"
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { MAX_THREADS = 64 };

static struct inputs inputs;
static unsigned long passes;
static unsigned threads = 1;
static atomic_uint running;
static atomic_bool stop;

static uint64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct times {
  uint64_t wall, cpu;
};

static struct times times_now(void) {
  return (struct times){now(CLOCK_MONOTONIC), now(CLOCK_THREAD_CPUTIME_ID)};
}

static void print(const char *way, struct times from) {
  const struct times to = times_now();
  printf("%s %zu %llu %llu\n", way, inputs.count * passes,
         (unsigned long long)(to.wall - from.wall),
         (unsigned long long)(to.cpu - from.cpu));
}

static void bare(void) {
  const struct times from = times_now();
  for (unsigned long pass = 0; pass < passes; pass++)
    for (size_t i = 0; i < inputs.count; i++)
      inputs_run(&inputs.all[i]);
  print("bare", from);
}

static void windows(void) {
  const struct times from = times_now();
  for (unsigned long pass = 0; pass < passes; pass++)
    for (size_t i = 0; i < inputs.count; i++) {
      scheme_reset();
      inputs_run(&inputs.all[i]);
      scheme_collect();
    }
  print("window", from);
}

/* At a distance: the threads run different inputs. */
static void *beside(void *number) {
  size_t at = (uintptr_t)number * inputs.count / threads;
  atomic_fetch_add(&running, 1);
  while (!atomic_load_explicit(&stop, memory_order_relaxed))
    inputs_run(&inputs.all[at++ % inputs.count]);
  return NULL;
}

/* In KiB. What getrusage() says is never less than the parent's was. */
static unsigned long peak(void) {
  char line[128];
  unsigned long found = 0;
  FILE *in = fopen("/proc/self/status", "r");
  while (in && !found && fgets(line, sizeof line, in))
    if (strncmp(line, "VmHWM:", 6) == 0)
      found = strtoul(line + 6, NULL, 10);
  if (in)
    fclose(in);
  return found;
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"threads", 1, NULL, 't'}, {0}};
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
  const struct scheme_map map = scheme_map_checked();
  inputs_run(&inputs.all[0]); // pages that the first execution touches
  pthread_t others[MAX_THREADS];
  for (uintptr_t i = 1; i < threads; i++)
    if (pthread_create(&others[i], NULL, beside, (void *)i))
      inputs_die("thread");
  while (atomic_load(&running) + 1 < threads)
    sched_yield();
  bare();
  windows();
  atomic_store(&stop, 1);
  for (unsigned i = 1; i < threads; i++)
    pthread_join(others[i], NULL);
  printf("map %zu\npeak %lu\n", map.size, peak());
  return 0;
}
