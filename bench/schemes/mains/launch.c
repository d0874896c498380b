// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * launch.c - starts a program again and again: a whole execution, from fork and
 * exec to its end
 *
 * launch TIMES PROGRAM [ARGUMENT...]
 *
 * Prints `process TIMES WALL-NS CPU-NS`; CPU time is that of the programs.
 */
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static uint64_t wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t in_ns(struct timeval t) {
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_usec * 1000;
}

static void run(char **words) {
  pid_t child;
  int status;
  if (posix_spawn(&child, words[0], NULL, NULL, words, environ)) {
    perror(words[0]);
    exit(1);
  }
  if (waitpid(child, &status, 0) != child || status) {
    fprintf(stderr, "launch: %s: status %d\n", words[0], status);
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  const unsigned long times = strtoul(argv[1], NULL, 10);
  run(argv + 2); // its pages are in memory afterwards
  struct rusage before, after;
  getrusage(RUSAGE_CHILDREN, &before);
  const uint64_t start = wall();
  for (unsigned long i = 0; i < times; i++)
    run(argv + 2);
  const uint64_t took = wall() - start;
  getrusage(RUSAGE_CHILDREN, &after);
  printf("process %lu %llu %llu\n", times, (unsigned long long)took,
         (unsigned long long)(in_ns(after.ru_utime) + in_ns(after.ru_stime) -
                              in_ns(before.ru_utime) - in_ns(before.ru_stime)));
  return 0;
}
