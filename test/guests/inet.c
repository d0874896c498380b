/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * inet.c - guest test: AF_INET and AF_INET6 over the loopback interface
 *
 * Plain libc: runs on Linux and in ukernel with the same output. A Linux
 * without IPv6 does less of it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

union name {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
};

static union name name4(const char *ip, int port) {
  union name name;
  memset(&name, 0, sizeof(name));
  name.in.sin_family = AF_INET;
  name.in.sin_port = htons((uint16_t)port);
  inet_pton(AF_INET, ip, &name.in.sin_addr);
  return name;
}

static union name name6(const char *ip, int port) {
  union name name;
  memset(&name, 0, sizeof(name));
  name.in6.sin6_family = AF_INET6;
  name.in6.sin6_port = htons((uint16_t)port);
  inet_pton(AF_INET6, ip, &name.in6.sin6_addr);
  return name;
}

static union name name_of(int family, const char *ip, int port) {
  return family == AF_INET ? name4(ip, port) : name6(ip, port);
}

static socklen_t size(const union name *name) {
  return name->any.sa_family == AF_INET6 ? sizeof(name->in6) : sizeof(name->in);
}

static int bind_to(int sock, union name name) {
  return bind(sock, &name.any, size(&name));
}

static int connect_to(int sock, union name name) {
  return connect(sock, &name.any, size(&name));
}

/* "IP PORT"; the port as 0, own or other if it is one of the two given. */
static const char *told(int sock, int peer, int *port) {
  static char text[80];
  char ip[64] = "?";
  union name name;
  socklen_t len = sizeof(name);
  int failed = peer ? getpeername(sock, &name.any, &len)
                    : getsockname(sock, &name.any, &len);
  if (failed)
    return strerrorname_np(errno);
  if (len != size(&name))
    return "length";
  inet_ntop(name.any.sa_family,
            name.any.sa_family == AF_INET ? (void *)&name.in.sin_addr
                                          : (void *)&name.in6.sin6_addr,
            ip, sizeof(ip));
  if (port)
    *port = ntohs(name.in.sin_port);
  snprintf(text, sizeof(text), "%s", ip);
  return text;
}

static int have_v6(void) {
  int sock = socket(AF_INET6, SOCK_STREAM, 0);
  int has = sock >= 0 && bind_to(sock, name6("::1", 0)) == 0;
  close(sock);
  return has;
}

static int port_of(int sock) {
  int port = 0;
  told(sock, 0, &port);
  return port;
}

static int events(int sock, int wanted) {
  struct pollfd p = {sock, (short)wanted, 0};
  return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

/* TCP moves things a little later on Linux. */
static int soon(int sock, int wanted) {
  struct pollfd p = {sock, (short)wanted, 0};
  return poll(&p, 1, 5000) < 0 ? -1 : p.revents;
}

static int option(int sock, int level, int name) {
  int value = -1;
  socklen_t len = sizeof(value);
  return getsockopt(sock, level, name, &value, &len) ? -errno : value;
}

static int listener(int family, const char *ip, int backlog) {
  int sock = socket(family, SOCK_STREAM, 0);
  CHECK(sock >= 0 && bind_to(sock, name_of(family, ip, 0)) == 0);
  CHECK(listen(sock, backlog) == 0);
  return sock;
}

static void test_socket(void) {
  static const int families[] = {AF_INET, AF_INET6};
  for (int i = 0; i < 1 + have_v6(); i++) {
    int family = families[i], s[2];
    FAILS(socket(family, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
    FAILS(socket(family, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
    FAILS(socket(family, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
    FAILS(socket(family, SOCK_STREAM, -1), EINVAL);
    FAILS(socket(family, 11, 0), EINVAL);
    FAILS(socket(family, SOCK_STREAM | 0x100000, 0), EINVAL);
    FAILS(socketpair(family, SOCK_STREAM, 0, s), EOPNOTSUPP);
    FAILS(socketpair(family, SOCK_STREAM, 0, NULL), EFAULT);
    int t = socket(family, SOCK_STREAM, 0);
    CHECK(option(t, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
    CHECK(option(t, SOL_SOCKET, SO_DOMAIN) == family);
    CHECK(option(t, IPPROTO_TCP, TCP_NODELAY) == 0);
    int one = 1;
    CHECK(setsockopt(t, IPPROTO_TCP, TCP_NODELAY, &one, 4) == 0);
    CHECK(option(t, IPPROTO_TCP, TCP_NODELAY) == 1);
    FAILS(setsockopt(t, IPPROTO_TCP, TCP_NODELAY, &one, 2), EINVAL);
    CHECK(option(t, IPPROTO_TCP, 9999) == -ENOPROTOOPT);
    CHECK(option(t, 9999, 1) ==
          (family == AF_INET ? -EOPNOTSUPP : -ENOPROTOOPT));
    /* The tables of netfilter, which syzkaller looks for. */
    CHECK(option(t, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, 64) < 0);
    FAILS(setsockopt(t, 9999, 1, &one, 4), ENOPROTOOPT);
    CHECK(events(t, POLLIN | POLLOUT) == (POLLOUT | POLLHUP));
    CHECK(strcmp(told(t, 0, NULL), family == AF_INET ? "0.0.0.0" : "::") == 0);
    CHECK(strcmp(told(t, 1, NULL), "ENOTCONN") == 0 && port_of(t) == 0);
    char byte;
    FAILS(recv(t, &byte, 1, 0), ENOTCONN);
    FAILS(send(t, &byte, 1, MSG_NOSIGNAL), EPIPE);
    FAILS(accept(t, NULL, NULL), EINVAL);
    FAILS(shutdown(t, SHUT_WR), ENOTCONN);
    close(t);
  }
  FAILS(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
  FAILS(socket(46, SOCK_STREAM, 0), EAFNOSUPPORT);
  FAILS(socket(1000, 99, 0), EINVAL);
  puts("ok socket");
}

static void test_bind(void) {
  int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0);
  union name name = name4("127.0.0.1", 0);
  FAILS(bind(a, &name.any, 15), EINVAL);
  FAILS(bind_to(a, name6("::1", 0)), EAFNOSUPPORT);
  FAILS(bind_to(a, name4("192.0.2.1", 0)), EADDRNOTAVAIL);
  CHECK(bind_to(a, name) == 0 && port_of(a) >= 1024);
  int port = port_of(a), on = 1;
  FAILS(bind_to(a, name), EINVAL);
  FAILS(bind_to(b, name4("127.0.0.1", port)), EADDRINUSE);
  FAILS(bind_to(b, name4("0.0.0.0", port)), EADDRINUSE);
  setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  CHECK(bind_to(b, name4("127.0.0.1", port)) == 0);
  CHECK(listen(a, 1) == 0);
  FAILS(listen(b, 1), EADDRINUSE);
  int u = socket(AF_INET, SOCK_DGRAM, 0); /* other ports */
  CHECK(bind_to(u, name4("127.0.0.1", port)) == 0);
  int c = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind_to(c, name4("127.0.0.2", port)) == 0);
  close(a);
  CHECK(listen(b, 1) == 0);
  close(b);
  close(c);
  close(u);
  name.any.sa_family = AF_UNSPEC;
  a = socket(AF_INET, SOCK_STREAM, 0);
  FAILS(bind(a, &name.any, sizeof(name.in)), EAFNOSUPPORT);
  name = name4("0.0.0.0", 0);
  name.any.sa_family = AF_UNSPEC;
  CHECK(bind(a, &name.any, sizeof(name.in)) == 0);
  close(a);
  puts("ok bind");
}

/* IPv6 takes IPv4's, unless it is told not to. */
static void test_both(void) {
  int a, b, c, on = 1;
  a = socket(AF_INET6, SOCK_STREAM, 0);
  b = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind_to(a, name6("::", 0)) == 0);
  FAILS(bind_to(b, name4("127.0.0.1", port_of(a))), EADDRINUSE);
  CHECK(bind_to(b, name4("127.0.0.1", 0)) == 0);
  c = socket(AF_INET6, SOCK_STREAM, 0);
  FAILS(bind_to(c, name6("::", port_of(b))), EADDRINUSE);
  CHECK(setsockopt(c, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
  FAILS(bind_to(c, name6("::ffff:127.0.0.1", 0)), EINVAL);
  CHECK(bind_to(c, name6("::", port_of(b))) == 0);
  FAILS(setsockopt(c, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), EINVAL);
  close(a);
  close(b);
  close(c);
}

/* @names: what the client says of itself and the other, then the server. */
static void test_tcp(int family, const char *at, int client_family,
                     const char *to, const char *names) {
  char buf[16];
  int l = listener(family, at, 4), port = port_of(l), there = -1;
  int c = socket(client_family, SOCK_STREAM, 0);
  FAILS(connect_to(l, name_of(family, at, port)), EISCONN);
  CHECK(option(l, SOL_SOCKET, SO_ACCEPTCONN) == 1);
  CHECK(events(l, POLLIN | POLLOUT) == 0);
  FAILS(connect_to(c, name_of(client_family, to, 1)), ECONNREFUSED);
  CHECK(connect_to(c, name_of(client_family, to, port)) == 0);
  FAILS(connect_to(c, name_of(client_family, to, port)), EISCONN);
  FAILS(listen(c, 1), EINVAL);
  FAILS(bind_to(c, name_of(client_family, to, 0)), EINVAL);
  CHECK(send(c, "early", 5, 0) == 5);
  CHECK(soon(l, POLLIN) == POLLIN);
  union name from;
  socklen_t len = sizeof(from);
  int s = accept4(l, &from.any, &len, SOCK_CLOEXEC);
  CHECK(s >= 0 && len == size(&from));
  CHECK(ntohs(from.in.sin_port) == port_of(c));
  char found[160] = "";
  strcat(strcat(found, told(c, 0, NULL)), " ");
  strcat(strcat(found, told(c, 1, &there)), " ");
  strcat(strcat(found, told(s, 0, NULL)), " ");
  strcat(found, told(s, 1, NULL));
  CHECK(there == port && port_of(s) == port);
  if (strcmp(found, names)) {
    printf("FAIL %s, want %s\n", found, names);
    failures++;
  }
  CHECK(soon(s, POLLIN) == POLLIN && recv(s, buf, 16, 0) == 5);
  len = sizeof(from);
  CHECK(send(s, "reply", 5, 0) == 5 && soon(c, POLLIN) == POLLIN);
  CHECK(recvfrom(c, buf, 16, 0, &from.any, &len) == 5 && len == 0);
  FAILS(recv(c, buf, 16, MSG_DONTWAIT), EAGAIN);
  /* In good order. */
  CHECK(shutdown(c, SHUT_WR) == 0);
  CHECK(soon(s, POLLIN | POLLRDHUP) == (POLLIN | POLLRDHUP));
  CHECK(recv(s, buf, 16, 0) == 0 && send(s, "more", 4, 0) == 4);
  CHECK(recv(c, buf, 16, 0) == 4);
  FAILS(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
  close(s);
  CHECK(soon(c, POLLIN | POLLRDHUP) == (POLLIN | POLLRDHUP | POLLHUP));
  CHECK(recv(c, buf, 16, 0) == 0 && option(c, SOL_SOCKET, SO_ERROR) == 0);
  close(c);
  /* Something was not read: a reset. */
  c = socket(client_family, SOCK_STREAM, 0);
  CHECK(connect_to(c, name_of(client_family, to, port)) == 0);
  s = accept(l, NULL, NULL);
  CHECK(send(c, "unread", 6, 0) == 6 && soon(s, POLLIN) == POLLIN);
  close(s);
  CHECK(soon(c, POLLIN | POLLRDHUP) ==
        (POLLIN | POLLRDHUP | POLLHUP | POLLERR));
  FAILS(recv(c, buf, 16, 0), ECONNRESET);
  CHECK(recv(c, buf, 16, 0) == 0);
  FAILS(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
  close(c);
  /* Closed, and written to: the first write is lost. */
  c = socket(client_family, SOCK_STREAM, 0);
  CHECK(connect_to(c, name_of(client_family, to, port)) == 0);
  close(accept(l, NULL, NULL));
  CHECK(soon(c, POLLIN) == POLLIN && send(c, "x", 1, 0) == 1);
  CHECK(soon(c, 0) == (POLLHUP | POLLERR));
  FAILS(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(recv(c, buf, 16, 0) == 0);
  close(c);
  /* Nobody accepted it. */
  c = socket(client_family, SOCK_STREAM, 0);
  CHECK(connect_to(c, name_of(client_family, to, port)) == 0);
  close(l);
  CHECK(soon(c, 0) == (POLLHUP | POLLERR));
  FAILS(recv(c, buf, 16, 0), ECONNRESET);
  close(c);
}

static void test_connect(void) {
  int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int l = listener(AF_INET, "127.0.0.1", 4);
  union name name = name4("127.0.0.1", port_of(l));
  FAILS(connect(c, &name.any, 1), EINVAL);
  FAILS(connect(c, &name.any, 10), EINVAL);
  FAILS(connect_to(c, name6("::1", port_of(l))), EAFNOSUPPORT);
  FAILS(connect(c, (void *)8, 16), EFAULT);
  FAILS(connect_to(c, name), EINPROGRESS);
  CHECK(soon(c, POLLOUT) == POLLOUT);
  CHECK(option(c, SOL_SOCKET, SO_ERROR) == 0);
  CHECK(connect_to(c, name) == 0);
  FAILS(connect_to(c, name), EISCONN);
  close(c);
  c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  FAILS(connect_to(c, name4("127.0.0.1", 1)), EINPROGRESS);
  CHECK(soon(c, POLLOUT) == (POLLOUT | POLLERR | POLLHUP));
  CHECK(option(c, SOL_SOCKET, SO_ERROR) == ECONNREFUSED);
  FAILS(connect_to(c, name), ECONNABORTED);
  FAILS(connect_to(c, name), EINPROGRESS); /* and once more */
  CHECK(soon(c, POLLOUT) == POLLOUT);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  CHECK(connect(c, &none, sizeof(none)) == 0);
  CHECK(strcmp(told(c, 1, NULL), "ENOTCONN") == 0);
  FAILS(connect_to(c, name), EINPROGRESS);
  close(c);
  CHECK(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
  for (int i = 0; i < 4; i++) {
    int s = accept(l, NULL, NULL);
    if (s >= 0)
      close(s);
  }
  FAILS(accept(l, NULL, NULL), EAGAIN);
  CHECK(shutdown(l, SHUT_RD) == 0);
  FAILS(accept(l, NULL, NULL), EINVAL);
  c = socket(AF_INET, SOCK_STREAM, 0);
  FAILS(connect_to(c, name), ECONNREFUSED);
  close(c);
  close(l);
  /* listen without a name takes one. */
  l = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listen(l, 1) == 0 && port_of(l) != 0);
  close(l);
  puts("ok connect");
}

static void test_big(void) {
  enum { BYTES = 3 << 20 };
  int l = listener(AF_INET, "127.0.0.1", 1), status;
  unsigned char buf[7000];
  unsigned int sum = 0, want = 0;
  pid_t child = fork();
  if (child == 0) {
    unsigned char *data = malloc(BYTES);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    for (size_t i = 0; data && i < BYTES; i++)
      data[i] = (unsigned char)(i * 13 >> 2);
    int failed = connect_to(c, name4("127.0.0.1", port_of(l)));
    _exit(failed || write(c, data, BYTES) != BYTES);
  }
  for (size_t i = 0; i < BYTES; i++)
    want = want * 3 + (unsigned char)(i * 13 >> 2);
  int s = accept(l, NULL, NULL);
  ssize_t n;
  while ((n = read(s, buf, sizeof(buf))) > 0)
    for (ssize_t i = 0; i < n; i++)
      sum = sum * 3 + buf[i];
  CHECK(n == 0 && sum == want);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  close(s);
  close(l);
  puts("ok big");
}

static void test_udp(int family, const char *ip, const char *any) {
  char buf[16];
  union name from;
  socklen_t len = sizeof(from);
  int a = socket(family, SOCK_DGRAM, 0), b = socket(family, SOCK_DGRAM, 0);
  CHECK(events(a, POLLIN | POLLOUT) == POLLOUT);
  FAILS(listen(a, 1), EOPNOTSUPP);
  FAILS(accept(a, NULL, NULL), EOPNOTSUPP);
  CHECK(bind_to(a, name_of(family, ip, 0)) == 0);
  FAILS(send(a, "x", 1, 0), EDESTADDRREQ);
  FAILS(send(b, "x", 1, 0), EDESTADDRREQ);
  FAILS(bind_to(b, name_of(family, ip, 0)), EINVAL); /* it has a port now */
  union name to = name_of(family, ip, port_of(a));
  CHECK(sendto(b, "one", 3, 0, &to.any, size(&to)) == 3);
  CHECK(strcmp(told(b, 0, NULL), any) == 0 && port_of(b) != 0);
  CHECK(soon(a, POLLIN) == POLLIN);
  CHECK(recvfrom(a, buf, 16, 0, &from.any, &len) == 3 && len == size(&from));
  CHECK(ntohs(from.in.sin_port) == port_of(b));
  CHECK(sendto(a, "back", 4, 0, &from.any, len) == 4);
  CHECK(recv(b, buf, 2, MSG_TRUNC) == 4);
  FAILS(sendto(b, "x", 1, 0, &to.any, 3), EINVAL);
  FAILS(recv(b, buf, 2, MSG_DONTWAIT), EAGAIN);
  CHECK(sendto(b, "", 0, 0, &to.any, size(&to)) == 0);
  CHECK(recv(a, buf, 16, 0) == 0);
  static char big[70000];
  FAILS(sendto(b, big, sizeof(big), 0, &to.any, size(&to)), EMSGSIZE);
  /* Connected: hears that one only. */
  CHECK(connect_to(b, to) == 0 && send(b, "c", 1, 0) == 1);
  CHECK(recv(a, buf, 16, 0) == 1 && strcmp(told(b, 1, NULL), ip) == 0);
  int other = socket(family, SOCK_DGRAM, 0);
  union name of_b = name_of(family, ip, port_of(b));
  CHECK(sendto(other, "no", 2, 0, &of_b.any, size(&of_b)) == 2);
  FAILS(recv(b, buf, 16, MSG_DONTWAIT), EAGAIN);
  close(a);
  CHECK(send(b, "lost", 4, 0) == 4);
  CHECK(soon(b, POLLIN) == POLLERR);
  FAILS(recv(b, buf, 16, MSG_DONTWAIT), ECONNREFUSED);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  CHECK(connect(b, &none, sizeof(none)) == 0);
  FAILS(send(b, "x", 1, 0), EDESTADDRREQ);
  close(b);
  close(other);
}

static volatile int racing, race_port;

static void *race(void *arg) {
  int accepts = arg != NULL;
  while (racing) {
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (!accepts) {
      connect_to(s, name4("127.0.0.1", race_port));
      send(s, "race", 4, MSG_NOSIGNAL);
    } else if (bind_to(s, name4("127.0.0.1", race_port)) == 0 &&
               listen(s, 2) == 0) {
      close(accept(s, NULL, NULL));
    }
    close(s);
  }
  return NULL;
}

static void test_races(void) {
  pthread_t thread[4];
  int l = listener(AF_INET, "127.0.0.1", 1);
  race_port = port_of(l);
  close(l);
  racing = 1;
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&thread[i], NULL, race, i % 2 ? thread : NULL) == 0);
  usleep(200000);
  racing = 0;
  for (int i = 0; i < 4; i++)
    pthread_join(thread[i], NULL);
  puts("ok races");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_socket();
  test_bind();
  test_tcp(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1",
           "127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1");
  test_tcp(AF_INET, "0.0.0.0", AF_INET, "0.0.0.0",
           "127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1");
  test_tcp(AF_INET, "0.0.0.0", AF_INET, "127.0.0.9",
           "127.0.0.1 127.0.0.9 127.0.0.9 127.0.0.1");
  puts("ok tcp");
  if (have_v6()) {
    test_both();
    test_tcp(AF_INET6, "::1", AF_INET6, "::1", "::1 ::1 ::1 ::1");
    test_tcp(AF_INET6, "::", AF_INET, "127.0.0.1",
             "127.0.0.1 127.0.0.1 ::ffff:127.0.0.1 ::ffff:127.0.0.1");
    test_tcp(AF_INET, "127.0.0.1", AF_INET6, "::ffff:127.0.0.1",
             "::ffff:127.0.0.1 ::ffff:127.0.0.1 127.0.0.1 127.0.0.1");
  }
  puts("ok v6");
  test_connect();
  test_big();
  test_udp(AF_INET, "127.0.0.1", "0.0.0.0");
  if (have_v6())
    test_udp(AF_INET6, "::1", "::");
  puts("ok udp");
  test_races();
  return failures != 0;
}
