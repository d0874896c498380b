/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * guest.c - what the bench of kernels runs in each of them
 *
 *   guest off|on   on: with kcov enabled in this task
 *
 * Prints `NAME NANOSECONDS` per round, the best of several runs: loops inside
 * the kernel (linux-bench.c), then system calls; with `on` also what the device
 * takes, as `kcov:NAME VALUE`.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
/* So that kcov records a whole run of a loop and does not stop when full. */
#define WORDS (4ul << 20)
#define RUNS 7
/* In turn, over about a second: a neighbour of the host takes half of the speed
 * away for longer than a loop runs. */
#define LOOP_RUNS 300

static volatile uint64_t nothing;
static volatile uint64_t *cover = &nothing; /* word 0 */

static void check(int ok, const char *what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A file with a buffer of so many words, all of them there. */
static int open_kcov(size_t words) {
  const int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  check(fd >= 0 && ioctl(fd, INIT_TRACE, words) == 0, "INIT_TRACE");
  cover = mmap(NULL, words * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  check(cover != MAP_FAILED, "mmap");
  for (size_t i = 0; i < words; i += 512)
    cover[i] = 0;
  return fd;
}

static void enable(void) {
  check(ioctl(open_kcov(WORDS), ENABLE, 0) == 0, "ENABLE");
}

/* ---- The device ---------------------------------------------------------- */

enum { FEW_WORDS = 512 };

static double opened(void) {
  const double start = seconds();
  const int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  const double took = seconds() - start;
  check(fd >= 0 && close(fd) == 0, "open");
  return 1e9 * took;
}

static void device(void) {
  printf("kcov:first-open,ns %.0f\n", opened());
  double best = opened();
  for (int run = 0; run < RUNS; run++) {
    const double ns = opened();
    best = ns < best ? ns : best;
  }
  printf("kcov:open,ns %.0f\n", best);
  const int fd = open_kcov(FEW_WORDS);
  const double start = seconds();
  check(ioctl(fd, ENABLE, 0) == 0, "ENABLE");
  printf("kcov:first-enable,ns %.0f\n", 1e9 * (seconds() - start));
  best = 0;
  for (int run = 0; run < RUNS; run++) {
    const double from = seconds();
    check(ioctl(fd, DISABLE, 0) == 0 && ioctl(fd, ENABLE, 0) == 0, "DISABLE");
    const double ns = 1e9 * (seconds() - from);
    best = run && best < ns ? best : ns;
  }
  printf("kcov:disable+enable,ns %.0f\n", best);
  check(ioctl(fd, DISABLE, 0) == 0, "DISABLE");
}

/* ---- Loops inside the kernel --------------------------------------------- */

static double loop(int fd, const char *name, unsigned int n) {
  char text[40];
  const int length = snprintf(text, sizeof(text), "%s %u", name, n);
  cover[0] = 0;
  check(write(fd, text, (size_t)length) == length, name);
  check(pread(fd, text, sizeof(text), 0) > 0, "bench");
  return (double)atoll(text) / n;
}

static void all_loops(void) {
  static const char *const names[] = {"path", "open", "shmem", "pipe",
                                      "snprintf"};
  enum { N = sizeof(names) / sizeof(*names) };
  const int fd = open("/sys/kernel/debug/bench", O_RDWR);
  double best[N];
  for (int run = 0; run < LOOP_RUNS; run++)
    for (int i = 0; i < N; i++) {
      const double ns = loop(fd, names[i], 1000);
      if (!run || ns < best[i])
        best[i] = ns;
    }
  for (int i = 0; i < N; i++)
    printf("%s %.2f\n", names[i], best[i]);
  close(fd);
}

/* ---- System calls -------------------------------------------------------- */

static int pipes[2];
static char byte;

static void do_getppid(void) { syscall(SYS_getppid); }

static void do_stat(void) {
  struct stat st;
  stat("/sys/kernel/debug", &st);
}

static void do_pipe(void) {
  if (write(pipes[1], &byte, 1) != 1 || read(pipes[0], &byte, 1) != 1)
    exit(1);
}

static void do_file(void) {
  close(open("/tmp/x", O_CREAT | O_WRONLY | O_TRUNC, 0600));
  unlink("/tmp/x");
}

static double calls(void (*call)(void), int n) {
  double best = 0;
  for (int run = 0; run < RUNS; run++) {
    const double start = seconds();
    for (int i = 0; i < n; i++) {
      cover[0] = 0;
      call();
    }
    const double ns = 1e9 * (seconds() - start) / n;
    if (!run || ns < best)
      best = ns;
  }
  return best;
}

int main(int argc, char **argv) {
  check(pipe(pipes) == 0, "pipe");
  if (argc > 1 && strcmp(argv[1], "on") == 0) {
    device();
    enable();
  }
  all_loops();
  printf("getppid %.1f\n", calls(do_getppid, 2000));
  printf("stat %.1f\n", calls(do_stat, 2000));
  printf("write+read %.1f\n", calls(do_pipe, 1000));
  printf("creat+close+unlink %.1f\n", calls(do_file, 500));
  return 0;
}
