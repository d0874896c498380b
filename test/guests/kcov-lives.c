/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-lives.c - guest test: threads that end with kcov enabled
 *
 *   kcov-lives N    N threads, four at a time, each with a kcov of its own
 *
 * Each enables, makes one call, looks whether it was covered, unmaps, and ends
 * while it is enabled and the descriptor closed. Then waits for the end
 * of its input, so that what is left behind can be measured.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)

enum { WORDS = 1024, AT_A_TIME = 4 };

static void *live(void *unused) {
  const int fd = open("/sys/kernel/debug/kcov", O_RDWR);
  require(fd >= 0, "open");
  require(!ioctl(fd, INIT_TRACE, WORDS), "KCOV_INIT_TRACE");
  uint64_t *const cover = mmap(NULL, WORDS * sizeof(*cover),
                               PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  require(cover != MAP_FAILED, "mmap");
  require(!ioctl(fd, ENABLE, 0), "KCOV_ENABLE");
  syscall(SYS_getppid);
  require(*(volatile uint64_t *)cover != 0, "covered");
  require(!munmap(cover, WORDS * sizeof(*cover)), "munmap");
  require(!close(fd), "close");
  return unused;
}

int main(int argc, char **argv) {
  pthread_t threads[AT_A_TIME];
  const long n = argc == 2 ? atol(argv[1]) : 0;
  if (n <= 0)
    return 2;
  for (long i = 0; i < n; i += AT_A_TIME) {
    for (int t = 0; t < AT_A_TIME; t++)
      require(!pthread_create(&threads[t], NULL, live, NULL), "thread");
    for (int t = 0; t < AT_A_TIME; t++)
      pthread_join(threads[t], NULL);
  }
  puts("done");
  fflush(stdout);
  while (getchar() != EOF)
    ;
  return 0;
}
