/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-threads.c - many threads, each with a kcov of its own
 *
 * Each thread repeats one mix of calls. First it does so alone, while no other
 * thread does anything: what it reaches then is its own set. Then all of them
 * run at the same time. Whoever else is tracing, each thread's buffers must
 * have shown at least its own set at the end, and a count must never reach the
 * buffer's number of words.
 *
 * Alone, a mix runs three times, and its set is what the second and the third
 * run have in common: what happens once (a first allocation) or by chance is
 * not asked for later. Meanwhile the main thread waits in user space: a thread
 * that sleeps in the kernel may be woken, and leave blocks of its own. Nor is
 * there only one thread then: Linux takes short cuts for those.
 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUFFER_WORDS (64ul << 10)
#define PAGE 4096ul
#define STACK_BYTES (64ul << 10)

/* ---- Mixes: each step is one system call, and must succeed ------------ */

struct state {
  int fd[2];
  void *page;
};

static void done(long result, const char *step) {
  if (result == -1)
    fail(step);
}

static void step_getppid(struct state *s) {
  (void)s;
  done(syscall(SYS_getppid), "getppid");
}
static void step_pipe(struct state *s) {
  done(syscall(SYS_pipe2, s->fd, 0), "pipe");
}
static void step_write(struct state *s) {
  done(syscall(SYS_write, s->fd[1], "x", 1), "write");
}
static void step_read(struct state *s) {
  char byte;
  done(syscall(SYS_read, s->fd[0], &byte, 1), "read");
}
static void step_close_read_end(struct state *s) {
  done(syscall(SYS_close, s->fd[0]), "close");
}
static void step_close_write_end(struct state *s) {
  done(syscall(SYS_close, s->fd[1]), "close");
}
static void step_socketpair(struct state *s) {
  done(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s->fd), "socketpair");
}
static void step_stat(struct state *s) {
  struct stat st;
  (void)s;
  done(syscall(SYS_newfstatat, AT_FDCWD, "/dev/null", &st, 0), "stat");
}
static void step_open(struct state *s) {
  s->fd[0] = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
  done(s->fd[0], "open");
}
static void step_dup(struct state *s) {
  s->fd[0] = (int)syscall(SYS_dup, 1);
  done(s->fd[0], "dup");
}
static void step_mmap(struct state *s) {
  long page = syscall(SYS_mmap, NULL, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  done(page, "mmap");
  s->page = (void *)page;
}
static void step_mprotect(struct state *s) {
  done(syscall(SYS_mprotect, s->page, PAGE, PROT_READ), "mprotect");
}
static void step_munmap(struct state *s) {
  done(syscall(SYS_munmap, s->page, PAGE), "munmap");
}

#define MAX_STEPS 5
static const struct mix {
  const char *name;
  void (*step[MAX_STEPS])(struct state *s); /* until NULL */
} mixes[] = {
    {"getppid", {step_getppid}},
    {"pipe",
     {step_pipe, step_write, step_read, step_close_read_end,
      step_close_write_end}},
    {"stat", {step_stat}},
    {"open", {step_open, step_close_read_end}},
    {"mmap", {step_mmap, step_mprotect, step_munmap}},
    {"socket",
     {step_socketpair, step_write, step_read, step_close_read_end,
      step_close_write_end}},
    {"dup", {step_dup, step_close_read_end}},
};
#define N_MIXES (sizeof(mixes) / sizeof(mixes[0]))

/* ---- One thread ------------------------------------------------------- */

struct worker {
  const struct mix *mix;
  struct kcov kcov;
  struct state state;
  struct pcset own;    /* of the runs alone */
  struct pcset shared; /* of the run with all others */
  unsigned long n_full;
  bool ran_alone; /* atomic */
  pthread_t thread;
};

static unsigned long n_calls = 10000;
static int ready[2], gate[2]; /* pipes: a byte per thread */

/* What the buffer holds goes to @set; then it is empty. */
static void drain(struct worker *w, struct pcset *set) {
  uint64_t count = kcov_count(&w->kcov);
  w->n_full += count == w->kcov.words - 1;
  pcset_add_cover(set, &w->kcov, count);
  kcov_reset(&w->kcov);
}

/* At least @calls calls, in whole rounds of the mix. */
static void run_mix(struct worker *w, unsigned long calls, struct pcset *set) {
  kcov_reset(&w->kcov);
  for (unsigned long n = 0; n < calls;)
    for (size_t i = 0; i < MAX_STEPS && w->mix->step[i]; i++, n++) {
      w->mix->step[i](&w->state);
      drain(w, set);
    }
}

static void *run_alone(void *arg) {
  struct worker *w = arg;
  struct pcset run[3];
  for (int i = 0; i < 3; i++)
    pcset_init(&run[i]);
  kcov_open(&w->kcov, BUFFER_WORDS);
  kcov_enable(&w->kcov);
  for (int i = 0; i < 3; i++)
    run_mix(w, 1, &run[i]);
  kcov_disable(&w->kcov);
  __atomic_store_n(&w->ran_alone, true, __ATOMIC_RELEASE);
  for (size_t i = 0; i < run[1].room; i++)
    if (run[1].slot[i] && pcset_has(&run[2], run[1].slot[i]))
      pcset_add(&w->own, run[1].slot[i]);
  for (int i = 0; i < 3; i++)
    pcset_free(&run[i]);
  return NULL;
}

/* Ends without KCOV_DISABLE, as a fuzzer's threads do. */
static void *run_with_others(void *arg) {
  struct worker *w = arg;
  char byte = 0;
  kcov_enable(&w->kcov);
  if (write(ready[1], &byte, 1) != 1 || read(gate[0], &byte, 1) != 1)
    fail("start");
  run_mix(w, n_calls, &w->shared);
  return NULL;
}

/* ---- All threads ------------------------------------------------------ */

static void start(struct worker *w, void *(*run)(void *)) {
  pthread_attr_t attr;
  errno = pthread_attr_init(&attr);
  if (!errno)
    errno = pthread_attr_setstacksize(&attr, STACK_BYTES);
  if (!errno)
    errno = pthread_create(&w->thread, &attr, run, w);
  if (errno)
    fail("pthread_create");
  pthread_attr_destroy(&attr);
}

static void wait_in_user_space(struct worker *w) {
  while (!__atomic_load_n(&w->ran_alone, __ATOMIC_ACQUIRE))
    ;
}

static void join(struct worker *w) {
  errno = pthread_join(w->thread, NULL);
  if (errno)
    fail("pthread_join");
}

static void open_gate(unsigned long n) {
  char byte = 0;
  for (unsigned long i = 0; i < n; i++)
    if (read(ready[0], &byte, 1) != 1)
      fail("ready");
  for (unsigned long i = 0; i < n; i++)
    if (write(gate[1], &byte, 1) != 1)
      fail("gate");
}

/* Names what @w did not see again; returns how many PCs. */
static size_t report_missing(const struct worker *w, unsigned long number) {
  size_t missing = 0;
  for (size_t i = 0; i < w->own.room; i++) {
    uint64_t pc = w->own.slot[i];
    if (!pc || pcset_has(&w->shared, pc))
      continue;
    fprintf(stderr, "kcov-threads: thread %lu (%s): missing 0x%lx\n", number,
            w->mix->name, (unsigned long)pc);
    missing++;
  }
  return missing;
}

/* Nothing here depends on who ran when. */
static size_t report(struct worker *workers, unsigned long n) {
  size_t missing = 0;
  unsigned long n_full = 0;
  for (size_t m = 0; m < N_MIXES && m < n; m++)
    printf("%s: %zu PCs alone\n", mixes[m].name, workers[m].own.count);
  for (unsigned long i = 0; i < n; i++) {
    struct worker *w = &workers[i];
    if (w->own.count == 0)
      fail_because(w->mix->name, "no PC at all");
    missing += report_missing(w, i);
    n_full += w->n_full;
  }
  printf("%lu threads, %lu calls each: ", n, n_calls);
  if (missing)
    printf("%zu PCs missing\n", missing);
  else
    printf("nothing missing\n");
  if (n_full)
    printf("%lu times a buffer was full\n", n_full);
  return missing;
}

/* ---- Command line ----------------------------------------------------- */

static const char usage[] =
    "usage: kcov-threads [--threads N] [--calls N] [--check]\n"
    "\n"
    "Threads that each repeat a mix of calls, each with a kcov of its own: "
    "first\n"
    "one by one, then all at once, when each must see again what it saw "
    "alone.\n"
    "\n"
    "  -t, --threads N  default 64\n"
    "  -c, --calls N    per thread, rounded up to whole mixes; default 10000\n"
    "      --check      a missing PC is a failure, not only a line on stderr:\n"
    "                   for kernels whose calls take the same way each time\n"
    "  -h, --help       print this text\n"
    "\n"
    "Exit status: 0; 1 if a step failed, a count was wrong, or, with --check,\n"
    "a PC is missing; 2 for a usage error.\n";

struct options {
  unsigned long n_threads;
  bool check;
};

static void parse(int argc, char **argv, struct options *options) {
  enum { CHECK = 256 };
  static const struct option longs[] = {
      {"threads", required_argument, NULL, 't'},
      {"calls", required_argument, NULL, 'c'},
      {"check", no_argument, NULL, CHECK},
      {"help", no_argument, NULL, 'h'},
      {NULL, 0, NULL, 0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "t:c:h", longs, NULL)) != -1) {
    switch (c) {
    case 't':
      options->n_threads = parse_number("--threads", optarg, 1, 10000);
      break;
    case 'c':
      n_calls = parse_number("--calls", optarg, 1, 1000000000);
      break;
    case CHECK:
      options->check = true;
      break;
    case 'h':
      fputs(usage, stdout);
      flush_stdout();
      exit(0);
    default:
      exit(2);
    }
  }
  if (optind < argc)
    usage_error(argv[optind], "unexpected argument; see --help");
}

int main(int argc, char **argv) {
  struct options options = {.n_threads = 64};
  parse(argc, argv, &options);
  unsigned long n = options.n_threads;
  struct worker *workers = calloc(n, sizeof(*workers));
  if (!workers)
    fail("workers");
  if (pipe(ready) || pipe(gate))
    fail("pipe");
  for (unsigned long i = 0; i < n; i++) {
    workers[i].mix = &mixes[i % N_MIXES];
    pcset_init(&workers[i].own);
    pcset_init(&workers[i].shared);
    start(&workers[i], run_alone);
    wait_in_user_space(&workers[i]);
    join(&workers[i]);
  }
  for (unsigned long i = 0; i < n; i++)
    start(&workers[i], run_with_others);
  open_gate(n);
  for (unsigned long i = 0; i < n; i++)
    join(&workers[i]);
  size_t missing = report(workers, n);
  flush_stdout();
  for (unsigned long i = 0; i < n; i++) {
    kcov_close(&workers[i].kcov);
    pcset_free(&workers[i].own);
    pcset_free(&workers[i].shared);
  }
  free(workers);
  return options.check && missing;
}
