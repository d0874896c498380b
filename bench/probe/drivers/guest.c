// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * guest.c - loops of system calls for ukernel; static, never instrumented
 */
#define _GNU_SOURCE
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void check(int good, const char *what) {
  if (!good) {
    fprintf(stderr, "guest: %s\n", what);
    exit(1);
  }
}

static void null_calls(void) {
  for (int i = 0; i < 1500; i++)
    check(syscall(SYS_getppid) >= 0, "getppid");
}

static void files(void) {
  char buffer[600];
  const int fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  check(fd >= 0, "open");
  for (int i = 0; i < 100; i++) {
    check(pwrite(fd, buffer, 1 + i * 5, i * 37) == 1 + i * 5, "pwrite");
    check(pread(fd, buffer, 64, i * 11) > 0, "pread");
    check(lseek(fd, i, SEEK_SET) == i, "lseek");
    check(read(fd, buffer, 1) == 1, "read");
  }
  check(ftruncate(fd, 10) == 0, "ftruncate");
  close(fd);
}

static void paths(void) {
  struct stat st;
  char entries[1024];
  check(mkdir("/tmp/dir", 0700) == 0, "mkdir");
  check(mkdir("/tmp/dir/inner", 0700) == 0, "mkdir");
  check(symlink("../dir/inner", "/tmp/dir/link") == 0, "symlink");
  for (int i = 0; i < 40; i++) {
    check(stat("/tmp/dir/./link/../inner", &st) == 0, "stat");
    check(access("/tmp/dir/none", R_OK) != 0, "access");
    const int fd = open("/tmp/dir", O_RDONLY | O_DIRECTORY);
    check(syscall(SYS_getdents64, fd, entries, sizeof entries) > 0, "getdents");
    close(fd);
    check(rename("/tmp/dir/inner", "/tmp/dir/other") == 0, "rename");
    check(rename("/tmp/dir/other", "/tmp/dir/inner") == 0, "rename");
  }
  unlink("/tmp/dir/link");
  rmdir("/tmp/dir/inner");
  rmdir("/tmp/dir");
}

static void pipes(void) {
  char buffer[512];
  int fds[2];
  check(pipe(fds) == 0, "pipe");
  for (int i = 0; i < 300; i++) {
    const int n = 1 + i * 7 % 512;
    check(write(fds[1], buffer, n) == n, "write");
    check(read(fds[0], buffer, n) == n, "read");
  }
  close(fds[0]);
  close(fds[1]);
}

static void polls(void) {
  int fds[2];
  check(pipe(fds) == 0, "pipe");
  struct pollfd set[4] = {{fds[0], POLLIN, 0},
                          {fds[1], POLLOUT, 0},
                          {0, POLLIN, 0},
                          {-1, POLLIN, 0}};
  for (int i = 0; i < 300; i++)
    check(poll(set, 4, 0) >= 1, "poll");
  close(fds[0]);
  close(fds[1]);
}

int main(int argc, char **argv) {
  static void (*const phases[PHASES])(void) = {
      [NULL_CALL] = null_calls, [FILES] = files, [PATHS] = paths,
      [PIPES] = pipes,          [POLLS] = polls,
  };
  const int n = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < n; i++)
    for (long p = 1; p < PHASES; p++) {
      syscall(PHASE_CALL, p);
      phases[p]();
    }
  syscall(PHASE_CALL, IDLE);
  return 0;
}
