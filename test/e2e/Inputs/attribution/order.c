// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * trace-order: functions are called at random; each notes itself when it is the
 * first time in a window. The buffer must have their entry blocks in that order
 * after each flush. Compiled with level=func; in two images, this one and the
 * library that it is linked with, whose functions have odd numbers.
 */
#include <kcov8/kcov8.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS = 40, WINDOWS = 2000, WORDS = 1024 };

#define PLAIN __attribute__((no_sanitize("coverage")))

#ifdef LIBRARY
#define NAME(n) library_##n
#else
#define NAME(n) own_##n
#endif

void ran(int n);
int library_call(int n);

#define F(n)                                                                   \
  __attribute__((noinline)) static int NAME(n)(int x) {                        \
    ran(n);                                                                    \
    return x + (n);                                                            \
  }
#define EACH(X)                                                                \
  X(0)                                                                         \
  X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)   \
      X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26)  \
          X(27) X(28) X(29) X(30) X(31) X(32) X(33) X(34) X(35) X(36) X(37)    \
              X(38) X(39)
#define ENTRY(n) NAME(n),
EACH(F)

static int (*const functions[])(int) = {EACH(ENTRY)};

#ifdef LIBRARY

PLAIN int library_call(int n) { return functions[n](n); }

#else

static int order[FUNCTIONS], n_order;

PLAIN void ran(int n) {
  for (int i = 0; i < n_order; i++)
    if (order[i] == n)
      return;
  order[n_order++] = n;
}

static uint64_t pcs[FUNCTIONS]; /* of each function */

PLAIN static void check(int ok, const char *what) {
  if (ok)
    return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

PLAIN static int call(int n) {
  return n % 2 ? library_call(n) : functions[n](n);
}

/* On machines of 32 bits, too. */
static const struct kcov8_host host = {.size = sizeof(host), .word_bytes = 8};

PLAIN int main(void) {
  static struct kcov8_task task;
  struct kcov8_device *device;
  struct kcov8_file *file;
  struct kcov8_area area;
  kcov8_task_init(&task);
  kcov8_task_set_current(&task);
  check(!kcov8_device_create(&host, &device), "device");
  check(!kcov8_open(device, &file), "open");
  check(!kcov8_ioctl(file, &task, KCOV8_INIT_TRACE64, WORDS), "init");
  check(!kcov8_mmap(file, WORDS * 8ul, 0, &area), "mmap");
  check(!kcov8_ioctl(file, &task, KCOV8_ENABLE, 0), "enable");
  uint64_t *const cover = area.base;
  int sum = 0;
  for (int n = 0; n < FUNCTIONS; n++) {
    cover[0] = 0;
    sum += call(n);
    kcov8_task_flush(&task);
    check(cover[0] == 1, "one function, one block");
    pcs[n] = cover[1];
  }
  srand(1);
  for (int w = 0; w < WINDOWS; w++) {
    cover[0] = 0;
    n_order = 0;
    for (int i = rand() % 100; i > 0; i--)
      sum += call(rand() % FUNCTIONS);
    kcov8_task_flush(&task);
    check(cover[0] == (uint64_t)n_order, "number of blocks");
    for (int i = 0; i < n_order; i++)
      check(cover[1 + i] == pcs[order[i]], "order");
  }
  printf("%d windows as they ran, %d\n", WINDOWS, sum != 0);
  return 0;
}
#endif
