/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * epoll.c - guest test: epoll and eventfd
 *
 * Plain libc: runs on Linux and in ukernel with the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static int add(int ep, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
}

static int change(int ep, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &event);
}

static void test_level(void) {
  int fd[2], ep = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event out[4];
  char byte;
  CHECK(ep >= 0 && pipe(fd) == 0);
  CHECK(add(ep, fd[0], EPOLLIN, 11) == 0 && add(ep, fd[1], EPOLLOUT, 22) == 0);
  CHECK(epoll_wait(ep, out, 4, 0) == 1 && out[0].data.u64 == 22);
  CHECK(out[0].events == EPOLLOUT);
  CHECK(write(fd[1], "x", 1) == 1 && epoll_wait(ep, out, 4, -1) == 2);
  CHECK(epoll_wait(ep, out, 1, -1) == 1);
  uint64_t first = out[0].data.u64;
  CHECK(epoll_wait(ep, out, 1, -1) == 1 && out[0].data.u64 != first);
  CHECK(read(fd[0], &byte, 1) == 1 && epoll_wait(ep, out, 4, 0) == 1);
  CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, fd[1], NULL) == 0);
  CHECK(epoll_wait(ep, out, 4, 10) == 0);
  close(fd[1]);
  CHECK(epoll_wait(ep, out, 4, -1) == 1 && out[0].events == EPOLLHUP);
  close(fd[0]); /* the last reference: leaves the set */
  CHECK(epoll_wait(ep, out, 4, 0) == 0);
  close(ep);
  puts("ok level");
}

static void test_edge(void) {
  int fd[2], ep = epoll_create1(0);
  struct epoll_event out[2];
  char buf[8];
  CHECK(pipe2(fd, O_NONBLOCK) == 0);
  CHECK(add(ep, fd[0], EPOLLIN | EPOLLET, 1) == 0);
  CHECK(epoll_wait(ep, out, 2, 0) == 0);
  CHECK(write(fd[1], "ab", 2) == 2 && epoll_wait(ep, out, 2, 0) == 1);
  CHECK(epoll_wait(ep, out, 2, 0) == 0); /* still readable, no news */
  CHECK(write(fd[1], "c", 1) == 1 && epoll_wait(ep, out, 2, 0) == 1);
  CHECK(read(fd[0], buf, 1) == 1 && epoll_wait(ep, out, 2, 0) == 0);
  CHECK(change(ep, fd[0], EPOLLIN | EPOLLET, 2) == 0);
  CHECK(epoll_wait(ep, out, 2, 0) == 1 && out[0].data.u64 == 2);
  close(fd[1]);
  CHECK(epoll_wait(ep, out, 2, 0) == 1 && (out[0].events & EPOLLHUP));
  close(fd[0]);
  close(ep);
  puts("ok edge");
}

static void test_oneshot(void) {
  int fd = eventfd(1, EFD_NONBLOCK), ep = epoll_create1(0);
  struct epoll_event out;
  CHECK(add(ep, fd, EPOLLIN | EPOLLONESHOT, 5) == 0);
  CHECK(epoll_wait(ep, &out, 1, 0) == 1 && epoll_wait(ep, &out, 1, 0) == 0);
  CHECK(change(ep, fd, EPOLLIN | EPOLLONESHOT, 6) == 0);
  CHECK(epoll_wait(ep, &out, 1, 0) == 1 && out.data.u64 == 6);
  close(fd);
  close(ep);
  puts("ok oneshot");
}

static void test_errors(void) {
  int ep = epoll_create1(0), other = epoll_create1(0), fd = eventfd(0, 0);
  int file = open("/proc/self/exe", O_RDONLY);
  struct epoll_event event = {.events = EPOLLIN};
  FAILS(epoll_create1(1), EINVAL);
  FAILS(epoll_create(0), EINVAL);
  FAILS(add(ep, 555, EPOLLIN, 0), EBADF);
  FAILS(add(fd, ep, EPOLLIN, 0), EINVAL);
  FAILS(add(ep, ep, EPOLLIN, 0), EINVAL);
  FAILS(add(ep, file, EPOLLIN, 0), EPERM);
  CHECK(add(ep, fd, EPOLLIN, 0) == 0);
  FAILS(add(ep, fd, EPOLLIN, 0), EEXIST);
  FAILS(epoll_ctl(ep, 99, fd, &event), EINVAL);
  FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, other, &event), ENOENT);
  FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, other, (void *)8), EFAULT);
  FAILS(epoll_wait(ep, &event, 0, 0), EINVAL);
  FAILS(epoll_wait(fd, &event, 1, 0), EINVAL);
  CHECK(add(ep, other, EPOLLIN, 0) == 0);
  FAILS(add(other, ep, EPOLLIN, 0), ELOOP);
  close(file);
  close(fd);
  close(other);
  close(ep);
  puts("ok errors");
}

static void test_nested(void) {
  int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, 0);
  uint64_t one = 1;
  struct epoll_event out;
  CHECK(add(inner, fd, EPOLLIN, 1) == 0 && add(outer, inner, EPOLLIN, 2) == 0);
  struct pollfd p = {outer, POLLIN, 0};
  CHECK(epoll_wait(outer, &out, 1, 0) == 0 && poll(&p, 1, 0) == 0);
  CHECK(write(fd, &one, 8) == 8 && poll(&p, 1, 0) == 1);
  CHECK(epoll_wait(outer, &out, 1, -1) == 1 && out.data.u64 == 2);
  CHECK(epoll_wait(inner, &out, 1, -1) == 1 && out.data.u64 == 1);
  close(fd);
  close(inner);
  close(outer);
  puts("ok nested");
}

static void test_eventfd(void) {
  uint64_t value = 5, max = UINT64_MAX;
  int fd = eventfd(3, EFD_NONBLOCK);
  CHECK(write(fd, &value, 8) == 8);
  CHECK(read(fd, &value, 8) == 8 && value == 8);
  FAILS(read(fd, &value, 8), EAGAIN);
  FAILS(read(fd, &value, 4), EINVAL);
  FAILS(write(fd, &max, 8), EINVAL);
  max--;
  CHECK(write(fd, &max, 8) == 8);
  value = 1;
  FAILS(write(fd, &value, 8), EAGAIN);
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
  close(fd);
  fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  CHECK(read(fd, &value, 8) == 8 && value == 1);
  CHECK(read(fd, &value, 8) == 8 && value == 1);
  FAILS(read(fd, &value, 8), EAGAIN);
  close(fd);
  FAILS(eventfd(0, 0x1234), EINVAL);
  puts("ok eventfd");
}

static void test_wakeup(void) {
  int fd = eventfd(0, 0), ep = epoll_create1(0), status;
  uint64_t value = 9;
  struct epoll_event out;
  CHECK(add(ep, fd, EPOLLIN, 3) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct timespec pause = {0, 30000000};
    nanosleep(&pause, NULL);
    _exit(write(fd, &value, 8) == 8 ? 0 : 1);
  }
  CHECK(epoll_wait(ep, &out, 1, 10000) == 1 && out.data.u64 == 3);
  CHECK(read(fd, &value, 8) == 8 && value == 9);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  close(fd);
  close(ep);
  puts("ok wakeup");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_level();
  test_edge();
  test_oneshot();
  test_errors();
  test_nested();
  test_eventfd();
  test_wakeup();
  return failures != 0;
}
