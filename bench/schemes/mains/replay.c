// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * replay.c - runs each input of a corpus in a window of its own, and writes
 * what the scheme saw
 *
 * replay [--repeat R] [--threads T] [--more FILE] LIST OUT
 *
 * LIST names an input a line. The whole corpus is run R times (1). With T > 1
 * threads, T - 1 others run another input each in every window, beside the main
 * thread's, and the window ends when all have: so it does not hang on the
 * machine's load who meets whom.
 *
 * OUT: 32-bit words of this machine. MAGIC, bytes of the scheme's map, number
 * of inputs, R. Then for each window, in the order of the runs: the number of
 * units that were seen, and a word for each: its place in the map << 8 | its
 * value.
 *
 * FILE: what an adapter that has scheme_write() writes of each window.
 */
#include "adapter.h"
#include "inputs.h"
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

enum { MAGIC = 0x3157384b, MAX_THREADS = 64, INPUT_SECONDS = 60 };

/* Of an adapter that knows more than bytes: after scheme_collect(). */
__attribute__((weak)) void scheme_write(FILE *out);

static struct inputs inputs;
static unsigned threads = 1;
static bool stop;
static pthread_barrier_t begin, end;

/* Where the main thread is, from 0; in all rounds. */
static size_t window;

/* Other work in the same process; at a distance, so that the inputs differ. */
static void *beside(void *number) {
  const size_t ahead = (uintptr_t)number * inputs.count / threads;
  for (;;) {
    pthread_barrier_wait(&begin);
    if (stop)
      return NULL;
    const size_t round = window / inputs.count;
    inputs_run(&inputs.all[(window + ahead + round) % inputs.count]);
    pthread_barrier_wait(&end);
  }
}

/* The main thread's input while it runs, to name what ends the program. */
static const char *volatile running;

static void say_input(const char *what) {
  const char *parts[] = {"input ", running, ": ", what, "\n"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
      return;
}

static void on_exit_within(void) {
  if (!running)
    return;
  say_input("the harness ended the program");
  _exit(1);
}

static void on_signal(int number) {
  if (running)
    say_input(number == SIGALRM ? "is not done after 60 s" : "a crash");
  signal(number, SIG_DFL);
  raise(number);
}

static void catch_ends(void) {
  static const int signals[] = {SIGABRT, SIGALRM, SIGBUS,
                                SIGFPE,  SIGILL,  SIGSEGV};
  static char stack[1 << 14]; // recursion may have used up the other one
  const struct sigaction action = {.sa_handler = on_signal,
                                   .sa_flags = SA_ONSTACK};
  if (sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL) ||
      atexit(on_exit_within))
    inputs_die("signals");
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, NULL);
}

static void run_one(const struct input *input) {
  running = input->path;
  alarm(INPUT_SECONDS);
  if (threads > 1)
    pthread_barrier_wait(&begin);
  inputs_run(input);
  if (threads > 1)
    pthread_barrier_wait(&end);
  alarm(0);
  running = NULL;
}

/* What is left of the last window would be taken for this one's. */
static void check_reset(struct scheme_map map) {
  for (size_t i = 0; i < map.size; i++)
    if (map.bytes[i])
      scheme_die("after scheme_reset() there are bytes that are not 0");
}

static void put(FILE *out, const uint32_t *words, size_t count) {
  if (fwrite(words, sizeof *words, count, out) != count)
    inputs_die("write");
}

/* One past the last place that was seen. */
static size_t write_window(FILE *out, struct scheme_map map, uint32_t *units) {
  uint32_t count = 0;
  for (size_t i = 0; i < map.size; i++)
    if (map.bytes[i])
      units[++count] = (uint32_t)(i << 8) | map.bytes[i];
  units[0] = count;
  put(out, units, count + (size_t)1);
  return count ? (units[count] >> 8) + (size_t)1 : 0;
}

static void record(unsigned repeat, FILE *out, FILE *more) {
  const struct scheme_map map = scheme_map_checked();
  if (map.size >= 1u << 24) {
    fprintf(stderr, "replay: a map of %zu bytes is too large\n", map.size);
    exit(1);
  }
  uint32_t *units = inputs_grown(NULL, (map.size + 1) * sizeof *units);
  const uint32_t header[] = {MAGIC, (uint32_t)map.size, (uint32_t)inputs.count,
                             repeat};
  size_t places = 0;
  put(out, header, 4);
  for (unsigned round = 0; round < repeat; round++)
    for (size_t i = 0; i < inputs.count; i++, window++) {
      scheme_reset();
      if (window) // not for one input, whose process is timed
        check_reset(map);
      run_one(&inputs.all[i]);
      scheme_collect();
      const size_t seen = write_window(out, map, units);
      places = seen > places ? seen : places;
      if (more && scheme_write)
        scheme_write(more);
    }
  for (size_t i = 0; i < places; i++) {
    const uint64_t unit = scheme_unit(i);
    put(out, (uint32_t[]){(uint32_t)unit, (uint32_t)(unit >> 32)}, 2);
  }
  free(units);
}

static FILE *created(const char *path) {
  FILE *out = fopen(path, "wb");
  if (!out)
    inputs_die(path);
  return out;
}

static void finish(FILE *out) {
  if (fclose(out))
    inputs_die("write");
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"repeat", 1, NULL, 'r'},
                                          {"threads", 1, NULL, 't'},
                                          {"more", 1, NULL, 'm'},
                                          {0}};
  unsigned repeat = 1;
  const char *more_path = NULL;
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
    if (c == 'r')
      repeat = (unsigned)strtoul(optarg, NULL, 10);
    else if (c == 't')
      threads = (unsigned)strtoul(optarg, NULL, 10);
    else if (c == 'm')
      more_path = optarg;
    else
      return 2;
  if (argc - optind != 2 || !repeat || !threads || threads > MAX_THREADS) {
    fputs("replay [--repeat R] [--threads T] [--more FILE] LIST OUT\n", stderr);
    return 2;
  }
  inputs = inputs_read(argv[optind]);
  FILE *out = created(argv[optind + 1]);
  FILE *more = more_path ? created(more_path) : NULL;
  catch_ends();

  pthread_t others[MAX_THREADS];
  if (pthread_barrier_init(&begin, NULL, threads) ||
      pthread_barrier_init(&end, NULL, threads))
    inputs_die("barrier");
  for (uintptr_t i = 1; i < threads; i++)
    if (pthread_create(&others[i], NULL, beside, (void *)i))
      inputs_die("thread");
  record(repeat, out, more);
  stop = true;
  if (threads > 1)
    pthread_barrier_wait(&begin);
  for (unsigned i = 1; i < threads; i++)
    pthread_join(others[i], NULL);
  finish(out);
  if (more)
    finish(more);
  return 0;
}
