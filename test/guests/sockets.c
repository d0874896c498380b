/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockets.c - guest test: AF_UNIX socket pairs, messages, descriptors in them
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void test_stream(void) {
  int s[2], waiting = -1;
  char buf[32];
  struct stat st;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
  CHECK(fcntl(s[0], F_GETFD) == FD_CLOEXEC && fcntl(s[0], F_GETFL) == O_RDWR);
  CHECK(fstat(s[0], &st) == 0 && S_ISSOCK(st.st_mode));
  CHECK(write(s[0], "abc", 3) == 3 && send(s[0], "def", 3, 0) == 3);
  CHECK(ioctl(s[1], FIONREAD, &waiting) == 0 && waiting == 6);
  CHECK(recv(s[1], buf, 32, MSG_PEEK) == 6);
  CHECK(recv(s[1], buf, 4, 0) == 4 && memcmp(buf, "abcd", 4) == 0);
  CHECK(read(s[1], buf, 32) == 2);
  FAILS(recv(s[1], buf, 1, MSG_DONTWAIT), EAGAIN);
  FAILS(lseek(s[0], 0, SEEK_SET), ESPIPE);
  CHECK(write(s[1], "back", 4) == 4 && read(s[0], buf, 32) == 4);
  CHECK(shutdown(s[0], SHUT_WR) == 0 && read(s[1], buf, 1) == 0);
  FAILS(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(write(s[1], "y", 1) == 1 && read(s[0], buf, 1) == 1);
  struct pollfd p = {s[1], POLLIN | POLLOUT | POLLRDHUP, 0};
  CHECK(poll(&p, 1, 0) == 1);
  CHECK(p.revents == (POLLIN | POLLOUT | POLLRDHUP));
  FAILS(shutdown(s[0], 9), EINVAL);
  close(s[1]);
  p = (struct pollfd){s[0], POLLIN, 0};
  CHECK(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLHUP));
  CHECK(read(s[0], buf, 1) == 0);
  close(s[0]);
  puts("ok stream");
}

static void test_messages(int type, const char *name) {
  int s[2], value = -1;
  socklen_t len = sizeof(value);
  char buf[32];
  CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
  CHECK(send(s[0], "one", 3, 0) == 3 && send(s[0], "three", 5, 0) == 5);
  CHECK(send(s[0], "", 0, 0) == 0);
  CHECK(recv(s[1], buf, 32, 0) == 3);
  CHECK(recv(s[1], buf, 2, MSG_TRUNC) == 5 && memcmp(buf, "th", 2) == 0);
  CHECK(recv(s[1], buf, 32, 0) == 0);
  FAILS(recv(s[1], buf, 32, MSG_DONTWAIT), EAGAIN);
  char *big = calloc(1, 1 << 20);
  FAILS(send(s[0], big, 1 << 20, 0), EMSGSIZE);
  free(big);
  CHECK(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &len) == 0);
  CHECK(value == type && len == 4);
  close(s[1]);
  FAILS(send(s[0], "x", 1, MSG_NOSIGNAL),
        type == SOCK_DGRAM ? ECONNREFUSED : EPIPE);
  close(s[0]);
  printf("ok %s\n", name);
}

static ssize_t send_fds(int sock, const int *fds, size_t n) {
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec iov = {"F", 1};
  memset(&control, 0, sizeof(control));
  struct msghdr msg = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = CMSG_SPACE(n * sizeof(int))};
  struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(n * sizeof(int));
  memcpy(CMSG_DATA(c), fds, n * sizeof(int));
  return sendmsg(sock, &msg, 0);
}

/* Number of descriptors that came. */
static int recv_fds(int sock, int *fds, size_t room, int *flags) {
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr align;
  } control;
  char byte;
  struct iovec iov = {&byte, 1};
  struct msghdr msg = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen =
                           room ? CMSG_LEN(room * sizeof(int)) : 0};
  if (recvmsg(sock, &msg, 0) != 1 || byte != 'F')
    return -1;
  *flags = msg.msg_flags;
  struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
  if (!c)
    return 0;
  size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  memcpy(fds, CMSG_DATA(c), n * sizeof(int));
  return (int)n;
}

static void test_rights(void) {
  int s[2], pipes[2], got[4], flags = -1, bad = 999;
  char buf[8];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && pipe(pipes) == 0);
  CHECK(send_fds(s[0], pipes, 2) == 1);
  close(pipes[1]);
  CHECK(recv_fds(s[1], got, 4, &flags) == 2 && flags == 0);
  CHECK(write(got[1], "passed", 6) == 6 && read(pipes[0], buf, 8) == 6);
  close(got[1]);
  CHECK(read(got[0], buf, 1) == 0); /* the last writer is gone */
  close(got[0]);
  FAILS(send_fds(s[0], &bad, 1), EBADF);
  int two[2] = {pipes[0], pipes[0]};
  CHECK(send_fds(s[0], two, 2) == 1);
  CHECK(recv_fds(s[1], got, 1, &flags) == 1 && (flags & MSG_CTRUNC));
  close(got[0]);
  CHECK(send_fds(s[0], s, 2) == 1); /* itself, never received */
  close(s[0]);
  close(s[1]);
  close(pipes[0]);
  puts("ok rights");
}

static void test_big_transfer(void) {
  enum { BYTES = 1 << 20 };
  int s[2], status;
  size_t got = 0;
  unsigned int sum = 0, want = 0;
  unsigned char buf[7000];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
  pid_t child = fork();
  if (child == 0) {
    unsigned char *data = malloc(BYTES);
    close(s[0]);
    for (size_t i = 0; data && i < BYTES; i++)
      data[i] = (unsigned char)(i * 13 >> 2);
    ssize_t put = data ? write(s[1], data, BYTES) : -1;
    _exit(put == BYTES ? 0 : 1);
  }
  close(s[1]);
  for (size_t i = 0; i < BYTES; i++)
    want = want * 3 + (unsigned char)(i * 13 >> 2);
  ssize_t n;
  while ((n = read(s[0], buf, sizeof(buf))) > 0) {
    for (ssize_t i = 0; i < n; i++)
      sum = sum * 3 + buf[i];
    got += (size_t)n;
  }
  CHECK(n == 0 && got == BYTES && sum == want);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  close(s[0]);
  puts("ok big-transfer");
}

static void test_errors(void) {
  int s[2], value;
  socklen_t len = sizeof(value);
  FAILS(socketpair(AF_UNIX, 99, 0, s), EINVAL);
  FAILS(socketpair(AF_UNIX, SOCK_STREAM, 99, s), EPROTONOSUPPORT);
  FAILS(send(0x7fff, "x", 1, 0), EBADF);
  CHECK(pipe(s) == 0);
  FAILS(send(s[1], "x", 1, 0), ENOTSOCK);
  FAILS(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &len), ENOTSOCK);
  close(s[0]);
  close(s[1]);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
  FAILS(recvmsg(s[0], (void *)8, 0), EFAULT);
  FAILS(sendmsg(s[0], (void *)8, 0), EFAULT);
  FAILS(getsockopt(s[0], SOL_SOCKET, 9999, &value, &len), ENOPROTOOPT);
  struct sockaddr_storage name;
  len = sizeof(name);
  CHECK(getsockname(s[0], (struct sockaddr *)&name, &len) == 0);
  CHECK(name.ss_family == AF_UNIX && len == 2);
  close(s[0]);
  close(s[1]);
  puts("ok errors");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_stream();
  test_messages(SOCK_DGRAM, "dgram");
  test_messages(SOCK_SEQPACKET, "seqpacket");
  test_rights();
  test_big_transfer();
  test_errors();
  return failures != 0;
}
