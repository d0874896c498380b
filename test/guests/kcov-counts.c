/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Hit counts, seen from a guest: with KCOV8_SET_COUNTS entries are pairs.
 * Prints those of one poll() of N pipes, as a PCFILE: `0xPC COUNT` per line.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fcntl.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define SET_COUNTS _IO('c', 202) /* kcov8's own, docs/kcov-device.md */
#define WORDS 65536ul
#define MAX_PIPES 100

int main(int argc, char **argv) {
  const int n = argc > 1 ? atoi(argv[1]) : 1;
  struct pollfd polls[MAX_PIPES];
  require(n > 0 && n <= MAX_PIPES, "1 to 100 pipes");
  for (int i = 0; i < n; i++) {
    int fds[2];
    require(pipe(fds) == 0, "pipe");
    polls[i] = (struct pollfd){.fd = fds[0], .events = POLLIN};
  }
  int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  require(fd >= 0 && ioctl(fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  require(ioctl(fd, SET_COUNTS, 1) == 0, "SET_COUNTS");
  volatile uint64_t *cover =
      mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  require(ioctl(fd, ENABLE, 0) == 0, "ENABLE");
  require(ioctl(fd, SET_COUNTS, 0) == -1, "SET_COUNTS while enabled");
  cover[0] = 0;
  syscall(SYS_poll, polls, n, 0);
  const uint64_t pairs = cover[0];
  require(pairs > 0 && pairs <= (WORDS - 1) / 2, "count");
  for (uint64_t i = 0; i < pairs; i++)
    printf("0x%llx %llu\n", (unsigned long long)cover[1 + 2 * i],
           (unsigned long long)cover[2 + 2 * i]);
  require(ioctl(fd, DISABLE, 0) == 0, "DISABLE");
  return 0;
}
