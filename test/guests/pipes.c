/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pipes.c - guest test: pipes, named pipes, SIGPIPE, processes that share them
 *
 * Plain libc: runs on Linux and in ukernel with the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t got_sigpipe;

static void on_sigpipe(int sig) {
  (void)sig;
  got_sigpipe++;
}

static void test_basic(void) {
  int fd[2], waiting = -1;
  char buf[16];
  struct stat st;
  CHECK(pipe(fd) == 0);
  CHECK(write(fd[1], "abcdef", 6) == 6);
  CHECK(ioctl(fd[0], FIONREAD, &waiting) == 0 && waiting == 6);
  CHECK(read(fd[0], buf, 4) == 4 && memcmp(buf, "abcd", 4) == 0);
  CHECK(read(fd[0], buf, 16) == 2 && memcmp(buf, "ef", 2) == 0);
  FAILS(write(fd[0], "x", 1), EBADF);
  FAILS(read(fd[1], buf, 1), EBADF);
  FAILS(lseek(fd[0], 0, SEEK_SET), ESPIPE);
  FAILS(pread(fd[0], buf, 1, 0), ESPIPE);
  CHECK(fstat(fd[0], &st) == 0 && S_ISFIFO(st.st_mode));
  CHECK(fcntl(fd[0], F_GETFL) == O_RDONLY && fcntl(fd[1], F_GETFL) == O_WRONLY);
  close(fd[1]);
  CHECK(read(fd[0], buf, 16) == 0);
  close(fd[0]);
  FAILS(syscall(SYS_pipe2, fd, 0x123), EINVAL);
  FAILS(syscall(SYS_pipe, (int *)8), EFAULT);
  puts("ok basic");
}

static void test_nonblock(void) {
  int fd[2], total = 0;
  char buf[4096];
  memset(buf, 'n', sizeof(buf));
  CHECK(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
  CHECK(fcntl(fd[0], F_GETFD) == FD_CLOEXEC);
  FAILS(read(fd[0], buf, 1), EAGAIN);
  while (write(fd[1], buf, sizeof(buf)) == (ssize_t)sizeof(buf))
    total += (int)sizeof(buf);
  CHECK(errno == EAGAIN && total == 65536);
  FAILS(write(fd[1], buf, 1), EAGAIN);
  CHECK(read(fd[0], buf, 4096) == 4096);
  CHECK(write(fd[1], buf, 4096) == 4096); /* a page became free */
  close(fd[0]);
  close(fd[1]);
  puts("ok nonblock");
}

static void test_sigpipe(void) {
  int fd[2];
  signal(SIGPIPE, on_sigpipe);
  CHECK(pipe(fd) == 0);
  close(fd[0]);
  FAILS(write(fd[1], "x", 1), EPIPE);
  CHECK(got_sigpipe == 1);
  signal(SIGPIPE, SIG_IGN);
  FAILS(write(fd[1], "x", 1), EPIPE);
  CHECK(got_sigpipe == 1);
  signal(SIGPIPE, SIG_DFL);
  close(fd[1]);
  puts("ok sigpipe");
}

/* A child writes more than fits; both sides wait for each other. */
static void test_big_transfer(void) {
  enum { BYTES = 1 << 20 };
  int fd[2], status;
  unsigned int sum = 0, want = 0;
  size_t got = 0;
  ssize_t n;
  unsigned char buf[5000];
  CHECK(pipe(fd) == 0);
  pid_t child = fork();
  if (child == 0) {
    unsigned char *data = malloc(BYTES);
    close(fd[0]);
    for (size_t i = 0; data && i < BYTES; i++)
      data[i] = (unsigned char)(i * 31 >> 3);
    ssize_t put = data ? write(fd[1], data, BYTES) : -1;
    _exit(put == BYTES ? 7 : 8);
  }
  close(fd[1]);
  for (size_t i = 0; i < BYTES; i++)
    want = want * 3 + (unsigned char)(i * 31 >> 3);
  while ((n = read(fd[0], buf, sizeof(buf))) > 0) {
    for (ssize_t i = 0; i < n; i++)
      sum = sum * 3 + buf[i];
    got += (size_t)n;
  }
  CHECK(n == 0 && got == BYTES && sum == want);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  close(fd[0]);
  puts("ok big-transfer");
}

/* Lines of PIPE_BUF bytes by four writers do not mix. */
static void test_atomic(void) {
  enum { WRITERS = 4, LINES = 8 };
  int fd[2], bad = 0, count[WRITERS] = {0};
  static char buf[4096];
  CHECK(pipe(fd) == 0);
  for (int w = 0; w < WRITERS; w++) {
    if (fork() == 0) {
      memset(buf, 'A' + w, sizeof(buf));
      for (int i = 0; i < LINES; i++)
        if (write(fd[1], buf, sizeof(buf)) != (ssize_t)sizeof(buf))
          _exit(1);
      _exit(0);
    }
  }
  close(fd[1]);
  size_t have = 0;
  ssize_t n;
  while ((n = read(fd[0], buf + have, sizeof(buf) - have)) > 0) {
    have += (size_t)n;
    if (have < sizeof(buf))
      continue;
    have = 0;
    for (size_t i = 1; i < sizeof(buf); i++)
      bad += buf[i] != buf[0];
    if (buf[0] >= 'A' && buf[0] < 'A' + WRITERS)
      count[buf[0] - 'A']++;
  }
  CHECK(bad == 0);
  for (int w = 0; w < WRITERS; w++) {
    int status = -1;
    CHECK(count[w] == LINES);
    CHECK(wait(&status) > 0 && status == 0);
  }
  close(fd[0]);
  puts("ok atomic");
}

static void test_named(void) {
  char path[] = "/tmp/uk-pipes-XXXXXX", name[64], buf[16];
  struct stat st;
  int status;
  CHECK(mkdtemp(path) != NULL);
  snprintf(name, sizeof(name), "%s/fifo", path);
  CHECK(mkfifo(name, 0600) == 0);
  CHECK(stat(name, &st) == 0 && S_ISFIFO(st.st_mode));
  FAILS(open(name, O_WRONLY | O_NONBLOCK), ENXIO);
  int fd = open(name, O_RDONLY | O_NONBLOCK);
  struct pollfd p = {.fd = fd, .events = POLLIN};
  CHECK(fd >= 0 && read(fd, buf, 1) == 0 && poll(&p, 1, 0) == 0);
  close(fd);
  pid_t child = fork();
  if (child == 0) {
    fd = open(name, O_WRONLY);
    _exit(fd >= 0 && write(fd, "named", 5) == 5 ? 0 : 1);
  }
  fd = open(name, O_RDONLY);
  CHECK(read(fd, buf, 16) == 5 && memcmp(buf, "named", 5) == 0);
  CHECK(read(fd, buf, 16) == 0);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  close(fd);
  CHECK(unlink(name) == 0 && rmdir(path) == 0);
  puts("ok named");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_basic();
  test_nonblock();
  test_sigpipe();
  test_big_transfer();
  test_atomic();
  test_named();
  return failures != 0;
}
