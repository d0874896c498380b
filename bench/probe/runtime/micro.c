// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * micro.c - nanoseconds per probe in straight-line code, x86-64
 *
 * 256 probes in a row, counters laid out as a table of ROWS rows of 4 bytes
 * that is filled column by column, as kcov8_counter_at() does it: a row, an
 * aligned 4-byte word, is touched again after ROWS probes. One row: adjacent
 * bytes. Prints `PROBE ROWS NANOSECONDS`, the best of several runs.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { PROBES = 256, PASSES = 1000, RUNS = 9 };

// Used by the assembly by name.
__attribute__((used, aligned(4096))) uint8_t micro_counters[1024];

// At the I-th counter: `\at` is its place. Rows of a band are used up first.
#define CODE(rows, probe)                                                      \
  ".set i, 0\n"                                                                \
  ".rept 256\n"                                                                \
  ".set at, (i / (4*" #rows ")) * 4*" #rows " + (i %% " #rows                  \
  ") * 4 + (i / " #rows ") %% 4\n" probe ".set i, i + 1\n"                     \
  ".endr\n"

// How the counter is addressed: as compilers do it for code at a known place,
// and through a register.
#define RIP "micro_counters+at(%%rip)"
#define BASE "at(%0)"

#define INCREMENT(at) "incb " at "\n"
#define NEVER_ZERO(at)                                                         \
  "movb " at ", %%al\naddb $1, %%al\nadcb $0, %%al\nmovb %%al, " at "\n"
#define NEVER_ZERO_WIDE(at)                                                    \
  "movzbl " at ", %%eax\naddb $1, %%al\nadcb $0, %%al\nmovb %%al, " at "\n"
#define NEVER_ZERO_MEMORY(at) "addb $1, " at "\nadcb $0, " at "\n"
#define SATURATING(at) "cmpb $-1, " at "\nadcb $0, " at "\n"
#define THERMOMETER(at) "stc\nrclb $1, " at "\n"
#define FLAG(at) "movb $1, " at "\n"
#define TEST_FLAG(at) "cmpb $0, " at "\njne 1f\nmovb $1, " at "\n1:\n"

#define DEFINE(name, rows, probe)                                              \
  static void name##_##rows(void) {                                            \
    for (int pass = 0; pass < PASSES; pass++)                                  \
      __asm__ volatile(CODE(rows, probe)::"r"(micro_counters)                  \
                       : "rax", "cc", "memory");                               \
  }
#define DEFINE_ALL(name, probe)                                                \
  DEFINE(name, 1, probe)                                                       \
  DEFINE(name, 2, probe)                                                       \
  DEFINE(name, 4, probe)                                                       \
  DEFINE(name, 8, probe)                                                       \
  DEFINE(name, 16, probe)                                                      \
  DEFINE(name, 64, probe)
#define DEFINE_BOTH(name, PROBE)                                               \
  DEFINE_ALL(name, PROBE(RIP))                                                 \
  DEFINE_ALL(name##_base, PROBE(BASE))

DEFINE_BOTH(increment, INCREMENT)
DEFINE_BOTH(never_zero, NEVER_ZERO)
DEFINE_BOTH(never_zero_wide, NEVER_ZERO_WIDE)
DEFINE_BOTH(never_zero_memory, NEVER_ZERO_MEMORY)
DEFINE_BOTH(saturating, SATURATING)
DEFINE_BOTH(thermometer, THERMOMETER)
DEFINE_BOTH(flag, FLAG)
DEFINE_BOTH(test_flag, TEST_FLAG)

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const struct {
  const char *name;
  int rows;
  void (*run)(void);
} cases[] = {
#define CASES(name)                                                            \
  {#name, 1, name##_1}, {#name, 2, name##_2}, {#name, 4, name##_4},            \
      {#name, 8, name##_8}, {#name, 16, name##_16}, {#name, 64, name##_64},
#define BOTH(name) CASES(name) CASES(name##_base)
    BOTH(increment) BOTH(never_zero) BOTH(never_zero_wide)
        BOTH(never_zero_memory) BOTH(saturating) BOTH(thermometer) BOTH(flag)
            BOTH(test_flag)};

enum { CASE_COUNT = sizeof cases / sizeof *cases };

int main(void) {
  static double best[CASE_COUNT];
  for (int run = 0; run < RUNS; run++)
    for (int i = 0; i < CASE_COUNT; i++) {
      const double start = now();
      cases[i].run();
      const double took = now() - start;
      if (run == 0 || took < best[i])
        best[i] = took;
    }
  for (int i = 0; i < CASE_COUNT; i++)
    printf("%s %d %.3f\n", cases[i].name, cases[i].rows,
           best[i] / (PROBES * (double)PASSES));
  return 0;
}
