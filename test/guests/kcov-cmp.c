/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * KCOV_TRACE_CMP, seen from a guest: writes to a file that compares what it
 * gets with constants, and looks for these in the records, with their sizes,
 * the operands, and in this order. Prints the PCs of those records.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "compare-lines.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define TRACE_PC 0
#define TRACE_CMP 1
#define WORDS 4096ul

static const struct compare_args args = {
    .wide = 0x1122334455667788,
    .left = 0x123456789abcdef0,
    .right = 0x0fedcba987654321,
    .word = 0x80001111,
    .choice = 0x22334455,
    .half = 0x7788,
    .byte = 0x99,
    .byte_choice = 0xee,
};

/* Type, constant or left operand, value. */
static const uint64_t expected[][3] = {
    {1, COMPARE_BYTE, 0x99},
    {3, COMPARE_HALF, 0x7788},
    {5, COMPARE_WORD, 0x80001111},
    {7, COMPARE_WIDE, 0x1122334455667788},
    {5, COMPARE_BOUND, 0x80001111},
    {6, 0x123456789abcdef0, 0x0fedcba987654321},
    /* Cases in ascending order. */
    {5, COMPARE_CHOICE_2, 0x22334455},
    {5, COMPARE_CHOICE_1, 0x22334455},
    {5, COMPARE_CHOICE_3, 0x22334455},
    {1, COMPARE_SMALL_3, 0xee},
    {1, COMPARE_SMALL_1, 0xee},
    {1, COMPARE_SMALL_2, 0xee},
};
#define N (sizeof(expected) / sizeof(expected[0]))

int main(void) {
  int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  int compare = open(COMPARE_PATH, O_WRONLY);
  require(compare >= 0, "no " COMPARE_PATH);
  require(fd >= 0 && ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  uint64_t *cover =
      mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  require(ioctl(fd, ENABLE, TRACE_CMP) == 0, "ENABLE, mode TRACE_CMP");
  cover[0] = 0;
  ssize_t n = write(compare, &args, sizeof(args));
  const uint64_t records = cover[0];
  require(n == sizeof(args), "write");
  require(records >= N && records <= (WORDS - 1) / 4, "number of records");
  size_t found = 0;
  for (uint64_t i = 0; i < records; i++) {
    const uint64_t *record = cover + 1 + 4 * i;
    require(record[0] <= 7, "type of a record");
    if (found < N && !memcmp(record, expected[found], sizeof(expected[0]))) {
      printf("0x%llx\n", (unsigned long long)record[3]);
      found++;
    }
  }
  if (found < N)
    fprintf(stderr, "kcov-cmp: not found: %llu 0x%llx 0x%llx\n",
            (unsigned long long)expected[found][0],
            (unsigned long long)expected[found][1],
            (unsigned long long)expected[found][2]);
  require(found == N, "not all records");

  /* A full buffer, and one that lies. */
  for (int i = 0; i < 1000; i++)
    syscall(SYS_getppid), write(compare, &args, sizeof(args));
  require(cover[0] == (WORDS - 1) / 4, "a full buffer");
  cover[0] = ~0ull;
  write(compare, &args, sizeof(args));
  require(cover[0] == ~0ull, "a count that cannot be");
  require(ioctl(fd, DISABLE, 0) == 0, "DISABLE");

  /* The other mode has no records, and this one no blocks. */
  require(ioctl(fd, ENABLE, TRACE_PC) == 0, "ENABLE, mode TRACE_PC");
  cover[0] = 0;
  write(compare, &args, sizeof(args));
  require(cover[0] > 0 && cover[0] < WORDS, "count of PCs");
  for (uint64_t i = 1; i <= cover[0]; i++)
    require(cover[i] >= 0xffffffff80000000, "a PC");
  require(ioctl(fd, DISABLE, 0) == 0, "DISABLE");
  return 0;
}
