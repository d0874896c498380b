/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * host-socket.c - guest test: descriptor 0 is a Unix stream socket
 *
 * Its other end is Inputs/socket-peer, which sends "hello", sends back what
 * comes up to a newline, closes after "bye". Runs on Linux and in ukernel with
 * the same output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static int option(int level, int name) {
  int value = -1;
  socklen_t bytes = sizeof(value);
  return getsockopt(0, level, name, &value, &bytes) ? -errno : value;
}

static void test_options(void) {
  struct ucred cred = {0, 77, 77};
  struct timeval limit = {3, 0}, got;
  socklen_t bytes = sizeof(cred);
  int big = 100000;
  CHECK(option(SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
  CHECK(option(SOL_SOCKET, SO_DOMAIN) == AF_UNIX);
  CHECK(option(SOL_SOCKET, SO_PROTOCOL) == 0);
  CHECK(option(SOL_SOCKET, SO_ERROR) == 0);
  CHECK(option(SOL_SOCKET, SO_ACCEPTCONN) == 0);
  CHECK(getsockopt(0, SOL_SOCKET, SO_PEERCRED, &cred, &bytes) == 0);
  CHECK(cred.pid > 0 && cred.uid == getuid() && bytes == sizeof(cred));
  CHECK(setsockopt(0, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big)) == 0);
  CHECK(option(SOL_SOCKET, SO_SNDBUF) == 200000);
  CHECK(setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
  bytes = sizeof(got);
  CHECK(getsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &got, &bytes) == 0);
  CHECK(got.tv_sec == 3 && got.tv_usec == 0);
  FAILS(setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &limit, 8), EINVAL);
  FAILS(setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, NULL, 16), EFAULT);
  limit.tv_sec = 0;
  CHECK(setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
  FAILS(setsockopt(0, SOL_SOCKET, SO_SNDBUF, (void *)8, 4), EFAULT);
  FAILS(setsockopt(0, SOL_SOCKET, SO_SNDBUF, &big, 2), EINVAL);
  FAILS(getsockopt(0, SOL_SOCKET, SO_TYPE, (void *)8, &bytes), EFAULT);
  puts("ok options");
}

static void test_names(void) {
  struct sockaddr_un name;
  struct stat st;
  socklen_t bytes = sizeof(name);
  CHECK(getsockname(0, (struct sockaddr *)&name, &bytes) == 0);
  CHECK(name.sun_family == AF_UNIX && bytes == 2);
  bytes = sizeof(name);
  CHECK(getpeername(0, (struct sockaddr *)&name, &bytes) == 0);
  CHECK(name.sun_family == AF_UNIX && bytes == 2);
  CHECK(fstat(0, &st) == 0 && S_ISSOCK(st.st_mode));
  FAILS(lseek(0, 0, SEEK_SET), ESPIPE);
  puts("ok names");
}

static void wait_for(int events) {
  struct pollfd p = {0, (short)events, 0};
  CHECK(poll(&p, 1, 10000) == 1 && (p.revents & events) == events);
}

static void test_messages(void) {
  char buf[64];
  int waiting = -1;
  struct iovec iov = {buf, sizeof(buf)};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
  wait_for(POLLIN);
  CHECK(ioctl(0, FIONREAD, &waiting) == 0 && waiting == 5);
  CHECK(recv(0, buf, 64, MSG_PEEK) == 5);
  CHECK(recv(0, buf, 64, 0) == 5 && memcmp(buf, "hello", 5) == 0);
  FAILS(recv(0, buf, 64, MSG_DONTWAIT), EAGAIN);
  CHECK(write(0, "one\n", 4) == 4 && recv(0, buf, 4, MSG_WAITALL) == 4);
  CHECK(send(0, "two\n", 4, MSG_NOSIGNAL) == 4 && read(0, buf, 64) == 4);
  CHECK(sendto(0, "three\n", 6, 0, NULL, 0) == 6);
  CHECK(recvfrom(0, buf, 64, 0, NULL, NULL) == 6);
  iov.iov_len = 5;
  memcpy(buf, "four\n", 5);
  CHECK(sendmsg(0, &msg, 0) == 5 && recvmsg(0, &msg, 0) == 5);
  CHECK(memcmp(buf, "four\n", 5) == 0 && msg.msg_flags == 0);
  FAILS(recvmsg(0, (void *)8, MSG_DONTWAIT), EFAULT);
  puts("ok messages");
}

/* A megabyte goes out while it comes back. */
static void test_much(void) {
  enum { BYTES = 1 << 20 };
  static char out[BYTES], in[BYTES];
  for (int i = 0; i < BYTES; i++)
    out[i] = i % 64 ? (char)('a' + i % 23) : '\n';
  out[BYTES - 1] = '\n';
  int status;
  pid_t child = fork();
  if (child == 0)
    _exit(write(0, out, BYTES) != BYTES);
  CHECK(recv(0, in, BYTES, MSG_WAITALL) == BYTES);
  CHECK(memcmp(in, out, BYTES) == 0);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  puts("ok much");
}

static void test_epoll(void) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = 0};
  char buf[8];
  int ep = epoll_create1(0);
  CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, 0, &event) == 0);
  CHECK(epoll_wait(ep, &event, 1, 0) == 0);
  for (int i = 0; i < 3; i++) { /* each arrival is an edge, read or not */
    CHECK(write(0, "x\n", 2) == 2);
    CHECK(epoll_wait(ep, &event, 1, 10000) == 1 && event.events == EPOLLIN);
    CHECK(epoll_wait(ep, &event, 1, 0) == 0);
  }
  CHECK(recv(0, buf, 6, MSG_WAITALL) == 6);
  close(ep);
  CHECK(fcntl(0, F_SETFL, O_NONBLOCK) == 0);
  FAILS(read(0, buf, 1), EAGAIN);
  CHECK(fcntl(0, F_SETFL, 0) == 0);
  puts("ok epoll");
}

static void test_end(void) {
  char buf[8];
  CHECK(write(0, "bye\n", 4) == 4);
  wait_for(POLLIN | POLLRDHUP);
  CHECK(read(0, buf, 8) == 0);
  CHECK(shutdown(0, SHUT_WR) == 0);
  FAILS(send(0, "x", 1, MSG_NOSIGNAL), EPIPE);
  FAILS(shutdown(0, 7), EINVAL);
  puts("ok end");
}

int main(void) {
  struct stat st;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (fstat(0, &st) || !S_ISSOCK(st.st_mode)) {
    puts("descriptor 0 is no socket");
    return 0;
  }
  test_options();
  test_names();
  test_messages();
  test_much();
  test_epoll();
  test_end();
  return failures != 0;
}
