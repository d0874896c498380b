/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * poll.c - guest test: poll, ppoll, select, pselect
 *
 * Plain libc: runs on Linux and in ukernel with the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t alarms;

static void on_signal(int sig) {
  (void)sig;
  alarms++;
}

static long ms_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_poll(void) {
  int fd[2];
  char byte;
  CHECK(pipe(fd) == 0);
  struct pollfd p[3] = {
      {fd[0], POLLIN, 0}, {fd[1], POLLOUT, 0}, {-1, POLLIN, 77}};
  CHECK(poll(p, 3, 0) == 1);
  CHECK(p[0].revents == 0 && p[1].revents == POLLOUT && p[2].revents == 0);
  CHECK(write(fd[1], "x", 1) == 1);
  CHECK(poll(p, 2, -1) == 2 && p[0].revents == POLLIN);
  CHECK(read(fd[0], &byte, 1) == 1);
  long start = ms_now();
  CHECK(poll(p, 1, 50) == 0 && ms_now() - start >= 45);
  p[1].fd = 555;
  CHECK(poll(p, 2, 0) == 1 && p[1].revents == POLLNVAL);
  close(fd[1]);
  CHECK(poll(p, 1, -1) == 1 && p[0].revents == POLLHUP);
  close(fd[0]);
  CHECK(pipe(fd) == 0);
  close(fd[0]);
  p[0] = (struct pollfd){fd[1], POLLOUT, 0};
  CHECK(poll(p, 1, -1) == 1 && p[0].revents == (POLLOUT | POLLERR));
  close(fd[1]);
  FAILS(syscall(SYS_poll, p, -1, 0), EINVAL);
  FAILS(syscall(SYS_poll, (void *)8, 1, 0), EFAULT);
  CHECK(poll(NULL, 0, 10) == 0);
  puts("ok poll");
}

static void test_wakeup(void) {
  int fd[2], status;
  CHECK(pipe(fd) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct timespec pause = {0, 30000000};
    nanosleep(&pause, NULL);
    _exit(write(fd[1], "x", 1) == 1 ? 0 : 1);
  }
  struct pollfd p = {fd[0], POLLIN, 0};
  CHECK(poll(&p, 1, 10000) == 1 && p.revents == POLLIN);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  close(fd[0]);
  close(fd[1]);
  puts("ok wakeup");
}

static void test_select(void) {
  int fd[2];
  fd_set in, out;
  struct timeval time = {0, 20000};
  CHECK(pipe(fd) == 0);
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(fd[0], &in);
  FD_SET(fd[1], &out);
  CHECK(select(fd[1] + 1, &in, &out, NULL, NULL) == 1);
  CHECK(!FD_ISSET(fd[0], &in) && FD_ISSET(fd[1], &out));
  FD_SET(fd[0], &in);
  CHECK(select(fd[0] + 1, &in, NULL, NULL, &time) == 0);
  CHECK(!FD_ISSET(fd[0], &in) && time.tv_sec == 0 && time.tv_usec == 0);
  CHECK(write(fd[1], "x", 1) == 1);
  FD_SET(fd[0], &in);
  struct timespec none = {0, 0};
  CHECK(pselect(fd[0] + 1, &in, NULL, NULL, &none, NULL) == 1);
  CHECK(FD_ISSET(fd[0], &in));
  FAILS(select(-1, &in, NULL, NULL, NULL), EINVAL);
  time.tv_sec = -1;
  FAILS(select(1, NULL, NULL, NULL, &time), EINVAL);
  close(fd[0]);
  close(fd[1]);
  FD_ZERO(&in);
  FD_SET(fd[0], &in);
  FAILS(pselect(fd[0] + 1, &in, NULL, NULL, &none, NULL), EBADF);
  puts("ok select");
}

static void test_signals(void) {
  struct sigaction act;
  sigset_t block, old;
  memset(&act, 0, sizeof(act));
  act.sa_handler = on_signal;
  act.sa_flags = SA_RESTART; /* poll is never restarted */
  CHECK(sigaction(SIGUSR1, &act, NULL) == 0);
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &block, &old) == 0);
  CHECK(raise(SIGUSR1) == 0 && alarms == 0);
  struct timespec time = {5, 0};
  FAILS(ppoll(NULL, 0, &time, &old), EINTR); /* let in for the call only */
  CHECK(alarms == 1);
  CHECK(raise(SIGUSR1) == 0 && alarms == 1);
  FAILS(pselect(0, NULL, NULL, NULL, &time, &old), EINTR);
  CHECK(alarms == 2);
  CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct timespec pause = {0, 50000000};
    for (int i = 0; i < 20; i++) {
      nanosleep(&pause, NULL);
      kill(getppid(), SIGUSR1);
    }
    _exit(0);
  }
  FAILS(poll(NULL, 0, 10000), EINTR);
  CHECK(alarms >= 3);
  kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) != child)
    continue;
  puts("ok signals");
}

static void test_timer(void) {
  uint64_t ticks = 0;
  struct itimerspec when = {{0, 5000000}, {0, 10000000}}, now;
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  CHECK(fd >= 0);
  FAILS(read(fd, &ticks, 8), EAGAIN);
  CHECK(timerfd_settime(fd, 0, &when, NULL) == 0);
  CHECK(timerfd_gettime(fd, &now) == 0 && now.it_interval.tv_nsec == 5000000);
  struct pollfd p = {fd, POLLIN, 0};
  CHECK(poll(&p, 1, 5000) == 1 && p.revents == POLLIN);
  CHECK(read(fd, &ticks, 8) == 8 && ticks >= 1);
  FAILS(read(fd, &ticks, 4), EINVAL);
  memset(&when, 0, sizeof(when));
  CHECK(timerfd_settime(fd, 0, &when, NULL) == 0);
  CHECK(poll(&p, 1, 20) == 0);
  close(fd);
  puts("ok timer");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_poll();
  test_wakeup();
  test_select();
  test_signals();
  test_timer();
  return failures != 0;
}
