/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * memory.c - guest test: the kernel's memory limit
 *
 * For `ukernel --memory 64M`: whatever asks for more fails with an errno, and
 * what is given back can be had again: sysinfo() says the same after each test.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define MB (1ul << 20)
enum { RW = PROT_READ | PROT_WRITE };

static const char *program;

static unsigned long free_bytes(void) {
  struct sysinfo info;
  CHECK(sysinfo(&info) == 0);
  return info.freeram * info.mem_unit;
}

static void *map(size_t bytes, int prot, int flags) {
  return mmap(NULL, bytes, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static int is_refused(void *at) { return at == MAP_FAILED && errno == ENOMEM; }

static void test_private(void) {
  CHECK(is_refused(map(65 * MB, RW, MAP_PRIVATE)));
  char *at = map(1024 * MB, PROT_NONE, MAP_PRIVATE); /* costs nothing */
  CHECK(at != MAP_FAILED && mprotect(at, 8 * MB, RW) == 0);
  memset(at, 1, 8 * MB);
  FAILS(mprotect(at, 1024 * MB, RW), ENOMEM);
  CHECK(mprotect(at, 8 * MB, PROT_READ) == 0); /* still there */
  unsigned long before = free_bytes();
  CHECK(mprotect(at, 8 * MB, RW) == 0 && free_bytes() == before);
  CHECK(mprotect(at, 8 * MB, PROT_READ) == 0);
  /* Moved, what is read-only costs the same; twice as much while it moves. */
  char *to = mremap(at, 8 * MB, 8 * MB, MREMAP_MAYMOVE | MREMAP_FIXED,
                    (char *)0x100000000);
  CHECK(to != MAP_FAILED && to[8 * MB - 1] == 1 && free_bytes() == before);
  CHECK(is_refused(mremap(to, 8 * MB, 60 * MB, MREMAP_MAYMOVE)));
  CHECK(munmap(to, 8 * MB) == 0 && munmap(at, 1024 * MB) == 0);
  FAILS(sbrk(64 * MB) == (void *)-1 ? -1 : 0, ENOMEM);
  puts("ok private");
}

static void test_shared(void) {
  CHECK(is_refused(map(65 * MB, RW, MAP_SHARED)));
  int zero = open("/dev/zero", O_RDWR), file = open(program, O_RDONLY);
  CHECK(is_refused(mmap(NULL, 65 * MB, RW, MAP_SHARED, zero, 0)));
  CHECK(is_refused(mmap(NULL, 65 * MB, PROT_READ, MAP_SHARED, file, 0)));
  CHECK(is_refused(mmap(NULL, 65 * MB, PROT_READ, MAP_PRIVATE, file, 0)));
  close(zero);
  close(file);
  puts("ok shared");
}

static void test_files(void) {
  static char block[65536];
  int fd = open("/tmp/file", O_RDWR | O_CREAT, 0600);
  ssize_t n;
  while ((n = write(fd, block, sizeof(block))) > 0)
    ;
  CHECK(n == -1 && errno == ENOSPC);
  CHECK(ftruncate(fd, 0) == 0 && ftruncate(fd, 65 * MB) == 0); /* a hole */
  CHECK(is_refused(mmap(NULL, 65 * MB, RW, MAP_SHARED, fd, 0)));
  char *at = mmap(NULL, 8 * MB, RW, MAP_SHARED, fd, 0);
  CHECK(at != MAP_FAILED);
  unsigned long before = free_bytes();
  memset(at, 1, 8 * MB);
  CHECK(ftruncate(fd, 0) == 0 && free_bytes() == before); /* still mapped */
  CHECK(munmap(at, 8 * MB) == 0);
  close(fd);
  CHECK(unlink("/tmp/file") == 0);
  unsigned int names = 0;
  char name[32], target[3000];
  memset(target, 'x', sizeof(target) - 1);
  target[sizeof(target) - 1] = '\0';
  do
    snprintf(name, sizeof(name), "/tmp/%u", names++);
  while (symlink(target, name) == 0);
  CHECK(errno == ENOSPC && names > 1000 && names < 64 * MB / 3000);
  while (names-- > 0) {
    snprintf(name, sizeof(name), "/tmp/%u", names);
    unlink(name);
  }
  int memory = memfd_create("m", 0); /* far away: the map of what is used */
  before = free_bytes();
  CHECK(pwrite(memory, block, 1, 1ll << 35) == 1);
  CHECK(free_bytes() < before - MB);
  close(memory);
  puts("ok files");
}

static void test_descriptors(void) {
  int pipes[1024][2], n = 0, pair[2], status;
  char *most = map(free_bytes() - 12 * MB, RW, MAP_PRIVATE);
  CHECK(most != MAP_FAILED);
  while (pipe(pipes[n]) == 0)
    n++;
  CHECK(errno == ENOMEM && n > 20 && n < 192); /* 64 k each */
  for (int i = 0; i < n; i++)
    close(pipes[i][0]), close(pipes[i][1]);
  CHECK(munmap(most, 1) == 0);
  most = map(free_bytes() - MB / 8, RW, MAP_PRIVATE);
  static char bytes[65536];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  ssize_t sent = 0, part;
  while ((part = send(pair[0], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
    sent += part;
  CHECK(part == -1 && errno == ENOBUFS && sent < (ssize_t)(MB / 8));
  FAILS(fork(), ENOMEM);
  FAILS(execl(program, "memory", "child", (char *)NULL), ENOMEM);
  close(pair[0]);
  close(pair[1]);
  CHECK(munmap(most, 64 * MB) == 0);
  pid_t child = fork();
  if (child == 0)
    execl(program, "memory", "child", (char *)NULL);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  CHECK(pipe(pair) == 0 &&
        epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event) == 0);
  close(epoll);
  close(pair[0]);
  close(pair[1]);
  puts("ok descriptors");
}

static void test_processes(void) {
  enum { MOST = 64 };
  int n = 0, ends[2], status;
  char byte;
  CHECK(pipe(ends) == 0);
  for (; n < MOST; n++) {
    pid_t child = fork();
    if (child < 0)
      break;
    if (child == 0) {
      close(ends[1]);
      _exit(read(ends[0], &byte, 1) != 0);
    }
  }
  CHECK(n > 0 && n < MOST && (errno == ENOMEM || errno == EAGAIN));
  close(ends[0]);
  close(ends[1]);
  for (int i = 0; i < n; i++)
    CHECK(wait(&status) > 0 && status == 0);
  puts("ok processes");
}

int main(int argc, char **argv) {
  static void (*const tests[])(void) = {test_private, test_shared, test_files,
                                        test_descriptors, test_processes};
  program = argv[0];
  if (argc > 1)
    return 0;
  close(memfd_create("first", 0)); /* makes the place for these */
  setvbuf(stdout, NULL, _IONBF, 0);
  puts("start");
  unsigned long before = free_bytes();
  for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
    tests[i]();
    if (free_bytes() != before)
      printf("FAIL test %zu: %lu bytes free, were %lu\n", i, free_bytes(),
             before);
    failures += free_bytes() != before;
  }
  return failures != 0;
}
