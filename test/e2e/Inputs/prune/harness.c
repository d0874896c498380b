// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * harness.c - runs a generated program with flushes at random calls
 *
 * The program calls point() or elsewhere() where it calls something that is not
 * its own. Elsewhere is nothing.
 * Depending on a pseudo-random sequence a point returns, flushes and returns,
 * leaves by longjmp() with or without a flush before, or exits. Every flush
 * prints the blocks and counts of its window. Not instrumented.
 *
 *   harness RUNS FLUSH_PERMILLE LEAVE_PERMILLE SEED
 */
#include <kcov8/kcov8.h>

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void point(void);
void elsewhere(void);
unsigned program(unsigned seed);
extern unsigned fuel; // of the program: loops and calls end when it is spent

static jmp_buf out;
static unsigned flush_permille, leave_permille, flushes;
static uint64_t state;

static unsigned random_number(unsigned below) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (unsigned)(state >> 33) % below;
}

static void print(void *ctx, uint64_t pc, unsigned hits, uint64_t id,
                  int moved) {
  (void)ctx, (void)id, (void)moved;
  printf(" %llx:%u", (unsigned long long)pc, hits);
}

static void flush(void) {
  printf("flush %u:", flushes++);
  const int err = kcov8_harvest(print, NULL);
  if (err) {
    fprintf(stderr, "harvest: error %d\n", err);
    exit(1);
  }
  putchar('\n');
}

void point(void) {
  if (random_number(1000) < flush_permille)
    flush();
  if (random_number(1000) < leave_permille)
    longjmp(out, 1);
}

void elsewhere(void) {}

int main(int argc, char **argv) {
  if (argc != 5)
    return 2;
  const unsigned runs = (unsigned)atoi(argv[1]);
  flush_permille = (unsigned)atoi(argv[2]);
  leave_permille = (unsigned)atoi(argv[3]);
  state = (uint64_t)atoi(argv[4]);
  for (volatile unsigned run = 0; run < runs; run++) {
    fuel = 400;
    if (!setjmp(out))
      printf("result %u\n", program(random_number(1u << 31)));
    if (random_number(2))
      flush();
  }
  flush();
  return 0;
}
