/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * gs.c - what a base of gs costs this host
 *
 * Two processes on one CPU pass a byte to and fro, with the base of gs at zero
 * in both, and not at zero in one, in turn; a system call of User Mode Linux is
 * such a switch, and a task that traces has a base. Prints nanoseconds of the
 * fastest of 9 rounds: there and back with each, and of setting the base.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, TIMES = 3000 };

static int there[2], back[2];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void set_base(unsigned long base) {
  syscall(SYS_arch_prctl, ARCH_SET_GS, base);
}

static void pass(void) {
  char c = 0;
  if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
    _exit(1);
}

static void answer(void) {
  char c;
  while (read(there[0], &c, 1) == 1)
    if (write(back[1], &c, 1) != 1)
      _exit(1);
  _exit(0);
}

static double fastest(unsigned long base, void (*what)(void), double so_far) {
  set_base(base);
  const double start = now();
  for (int i = 0; i < TIMES; i++)
    what();
  const double ns = (now() - start) / TIMES;
  return so_far == 0 || ns < so_far ? ns : so_far;
}

static void set_some_base(void) { set_base(1ul << 40); }

int main(void) {
  double zero = 0, some = 0, set = 0;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  if (sched_setaffinity(0, sizeof(one), &one) || pipe(there) || pipe(back))
    return 1;
  const pid_t child = fork();
  if (child < 0)
    return 1;
  if (!child) {
    close(there[1]);
    answer();
  }
  for (int r = 0; r < ROUNDS; r++) {
    zero = fastest(0, pass, zero);
    some = fastest(1ul << 40, pass, some);
    set = fastest(0, set_some_base, set);
  }
  printf("%.0f %.0f %.0f\n", zero, some, set);
  return 0;
}
