// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * fuzz.c - a main(): a fuzzer, fed with what any scheme saw of an execution
 *
 *   program RESULT FOLDER RUNS SEEDS THREAD ENGINE-ARGUMENT...
 *   program --replay LIST
 *
 * RESULT: executions up to each planted bug, as JSON. FOLDER is the corpus;
 * what is in it after a quarter, half and all of RUNS is linked into FOLDER.1,
 * FOLDER.2 and FOLDER.3. SEEDS: file with the names of the inputs that the
 * fuzzer is given, if there is no scheme; or `-`. THREAD: file with the names
 * of inputs that a second thread runs all the time; or `-`.
 *
 * The fuzzer is that of engine.h.
 */
#include "adapter.h"
#include "bug.h"
#include "engine.h"
#include "inputs.h"
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *result, *folder;
static uint64_t runs, executions, found[BENCH_BUGS];
static _Thread_local int is_fuzzer;

static _Noreturn void stop(const char *what) {
  perror(what);
  exit(2);
}

void bench_bug(unsigned number, int holds) {
  if (holds && is_fuzzer && !found[number])
    found[number] = executions;
}

// ---- The second thread -----------------------------------------------------

static void *run_background(void *arg) {
  const struct inputs *inputs = arg;
  for (size_t i = 0;; i = (i + 1) % inputs->count)
    inputs_run(&inputs->all[i]);
  return NULL;
}

static void start_background(const char *list) {
  static struct inputs background;
  pthread_t thread;
  background = inputs_read(list);
  if (pthread_create(&thread, NULL, run_background, &background))
    stop("pthread_create");
}

// ---- Without a scheme ------------------------------------------------------

// Each of the inputs that a fuzzer is given has a byte of its own, so it keeps
// all of them, and nothing else.
static struct inputs seeds;
static uint8_t *blind;

static void see_seed(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < seeds.count; i++)
    blind[i] =
        seeds.all[i].size == size && !memcmp(seeds.all[i].bytes, data, size);
}

// ---- Fuzzing ---------------------------------------------------------------

static void snapshot(int which) {
  char into[4096], from[8192], to[8192];
  snprintf(into, sizeof into, "%s.%d", folder, which);
  DIR *dir = opendir(folder);
  if (mkdir(into, 0777) || !dir)
    stop(into);
  for (struct dirent *e; (e = readdir(dir));) {
    snprintf(from, sizeof from, "%s/%s", folder, e->d_name);
    snprintf(to, sizeof to, "%s/%s", into, e->d_name);
    if (e->d_name[0] != '.' && link(from, to))
      stop(to);
  }
  closedir(dir);
}

void fuzz_one(const uint8_t *data, size_t size) {
  if (executions == runs / 4)
    snapshot(1);
  if (executions == runs / 2)
    snapshot(2);
  executions++;
  scheme_reset();
  LLVMFuzzerTestOneInput(data, size);
  scheme_collect();
  see_seed(data, size);
}

uint64_t fuzz_left(void) { return runs - executions; }

static void write_result(void) {
  FILE *out = fopen(result, "w");
  if (!out)
    return;
  fprintf(out, "{\"executions\": %llu, \"bugs\": {",
          (unsigned long long)executions);
  const char *between = "";
  for (int i = 0; i < BENCH_BUGS; i++)
    if (found[i]) {
      fprintf(out, "%s\"%d\": %llu", between, i, (unsigned long long)found[i]);
      between = ", ";
    }
  fprintf(out, "}}\n");
  fclose(out);
}

void fuzz_end(void) {
  snapshot(3);
  write_result();
}

static int fuzz(int argc, char **argv) {
  result = argv[1], folder = argv[2];
  runs = strtoull(argv[3], NULL, 10);
  struct scheme_map map = scheme_map_checked();
  if (strcmp(argv[4], "-")) {
    seeds = inputs_read(argv[4]);
    blind = calloc(seeds.count + 1, 1);
    if (!blind)
      stop("calloc");
    map = (struct scheme_map){blind, seeds.count + 1};
  }
  if (strcmp(argv[5], "-"))
    start_background(argv[5]);
  is_fuzzer = 1;
  argv[5] = argv[0];
  return engine_fuzz(map, argc - 5, argv + 5);
}

// ---- Replaying -------------------------------------------------------------

// A byte as libFuzzer sees it: one of 8 ranges.
static unsigned range_of(uint8_t hits) {
  static const uint8_t from[] = {128, 32, 16, 8, 4, 3, 2, 1};
  unsigned i = 0;
  while (hits < from[i])
    i++;
  return 1u << i;
}

// What all inputs of LIST reach: bytes, and ranges of their values.
static int replay(const char *list) {
  size_t hit = 0, features = 0;
  const struct inputs inputs = inputs_read(list);
  const struct scheme_map map = scheme_map_checked();
  uint8_t *seen = calloc(map.size + 1, 1);
  for (size_t i = 0; seen && i < inputs.count; i++) {
    memset(map.bytes, 0, map.size);
    scheme_reset();
    inputs_run(&inputs.all[i]);
    scheme_collect();
    for (size_t b = 0; b < map.size; b++)
      if (map.bytes[b]) {
        const unsigned range = range_of(map.bytes[b]);
        hit += !seen[b];
        features += !(seen[b] & range);
        seen[b] |= range;
      }
  }
  printf("{\"hit\": %zu, \"features\": %zu}\n", hit, features);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "--replay"))
    return replay(argv[2]);
  if (argc < 6) {
    fprintf(stderr, "usage: see fuzz.c\n");
    return 2;
  }
  return fuzz(argc, argv);
}
