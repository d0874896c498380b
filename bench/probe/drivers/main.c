// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * main.c - runs a driver N times and prints its CPU time
 *
 * Output: lines `PHASE NANOSECONDS`, then `sum N`, a checksum by which the
 * bench sees that every build computed the same. CPU time, so that other
 * programs count less.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// A runtime that needs to know of a thread defines it.
__attribute__((weak)) void bench_thread_start(void);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  const int n = argc > 1 ? atoi(argv[1]) : 1;
  uint64_t sum = 0;
  if (bench_thread_start)
    bench_thread_start();
  const double start = now();
  for (int i = 0; i < n; i++)
    sum = sum * 31 + bench_body();
  printf("all %.0f\n", now() - start);
  printf("sum %llu\n", (unsigned long long)sum);
  return 0;
}

_Noreturn void bench_die(const char *what) {
  fprintf(stderr, "bench driver: %s\n", what);
  exit(1);
}
