/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * random-sockets.c - guest: random calls on few sockets with few names
 *
 *   random-sockets [SEED [ROUNDS]]
 *
 * Each round is a child with three threads that share descriptors: they bind,
 * listen, connect, accept, send (descriptors, too: rings of them), receive,
 * shut down, close. In ukernel only. Nothing is checked but that the kernel
 * lives, the rounds come to their end, and memory does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "random.h"

enum { CALLS = 400, FDS = 12, THREADS = 3 };

static int fds[FDS]; /* those of all threads; some are closed */

static _Atomic int made; /* calls */

static int some(void) { return fds[below(FDS)]; }

static void keep(int fd) {
  int *at = &fds[below(FDS)];
  if (fd < 0)
    return;
  close(*at);
  *at = fd;
}

union name {
  struct sockaddr any;
  struct sockaddr_un un;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  uint8_t bytes[128];
};

/* Few names, so that they meet; the length is mostly right. */
static socklen_t name_of(union name *name) {
  static const int families[] = {AF_UNIX, AF_UNIX,  AF_UNIX, AF_INET,
                                 AF_INET, AF_INET6, 0,       77};
  socklen_t len;
  memset(name, 0, sizeof(*name));
  name->any.sa_family = (sa_family_t)families[below(8)];
  switch (name->any.sa_family) {
  case AF_UNIX:
    if (below(2))
      snprintf(name->un.sun_path, 20, "s%d", (int)below(3));
    else
      name->un.sun_path[1] = (char)('a' + below(3));
    len = below(8) ? 2 + 4 : 2;
    break;
  case AF_INET6:
    name->in6.sin6_port = htons((uint16_t)(2000 + below(3)));
    name->in6.sin6_addr = below(2) ? in6addr_loopback : in6addr_any;
    if (below(3) == 0) {
      name->in6.sin6_addr.s6_addr[10] = name->in6.sin6_addr.s6_addr[11] = 255;
      name->in6.sin6_addr.s6_addr[12] = 127;
    }
    len = sizeof(name->in6);
    break;
  default:
    name->in.sin_port = htons((uint16_t)(2000 + below(3)));
    name->in.sin_addr.s_addr = htonl(below(3) ? 0x7f000001 : 0);
    len = sizeof(name->in);
  }
  if (below(16) == 0)
    len = (socklen_t)below(140);
  return below(64) ? len : (socklen_t)next();
}

static int flags(void) {
  int some_flags = below(4) ? MSG_DONTWAIT : 0;
  if (below(4) == 0)
    some_flags |= MSG_PEEK;
  if (below(4) == 0)
    some_flags |= (int)(next() & 0x7fff);
  return some_flags;
}

/* Of netlink, more or less. */
static void request(char *data) {
  struct {
    struct nlmsghdr hdr;
    struct ifinfomsg info;
    struct rtattr attr;
    char name[4];
  } one = {.name = "lo"};
  one.hdr.nlmsg_len = below(4) ? sizeof(one) : below(100);
  one.hdr.nlmsg_type =
      (uint16_t)(below(4) ? RTM_GETLINK + 4 * below(4) : below(200));
  one.hdr.nlmsg_flags =
      (uint16_t)(below(4) ? NLM_F_REQUEST | NLM_F_DUMP : next());
  one.info.ifi_index = (int)below(3);
  one.attr.rta_type = IFLA_IFNAME;
  one.attr.rta_len = (uint16_t)(below(4) ? 7 : below(20));
  memcpy(data, &one, sizeof(one));
  memcpy(data + sizeof(one), &one, sizeof(one));
}

static void send_something(int fd) {
  static char data[300000];
  union name name;
  union {
    char bytes[256];
    struct cmsghdr align;
  } control;
  struct iovec iov = {data, below(3)   ? below(100)
                            : below(2) ? below(70000)
                                       : below(sizeof(data))};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
  memset(&control, 0, sizeof(control));
  request(data);
  if (below(2)) {
    msg.msg_name = &name;
    msg.msg_namelen = name_of(&name);
  }
  if (below(2)) {
    size_t n = below(4) * sizeof(int);
    msg.msg_control = control.bytes;
    msg.msg_controllen = CMSG_SPACE(n);
    control.align.cmsg_level = SOL_SOCKET;
    control.align.cmsg_type = SCM_RIGHTS;
    control.align.cmsg_len = CMSG_LEN(n);
    for (size_t i = 0; i < n / sizeof(int); i++) {
      int passed = some();
      memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &passed, sizeof(int));
    }
    if (below(8) == 0) {
      struct ucred cred = {getpid(), 0, 0};
      control.align.cmsg_type = SCM_CREDENTIALS;
      control.align.cmsg_len = CMSG_LEN(sizeof(cred));
      msg.msg_controllen = CMSG_SPACE(sizeof(cred));
      memcpy(CMSG_DATA(&control.align), &cred, sizeof(cred));
    }
  }
  sendmsg(fd, &msg, flags() | MSG_NOSIGNAL);
}

static void receive_something(int fd) {
  static char data[300000];
  union name name;
  char control[256];
  struct iovec iov = {data, below(3) ? below(100) : below(sizeof(data))};
  struct msghdr msg = {.msg_name = &name,
                       .msg_namelen = (socklen_t)below(sizeof(name)),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = below(sizeof(control))};
  if (recvmsg(fd, &msg, flags()) < 0)
    return;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    for (size_t at = 0; at + sizeof(int) + CMSG_LEN(0) <= c->cmsg_len;
         at += sizeof(int)) {
      int fd_here;
      memcpy(&fd_here, CMSG_DATA(c) + at, sizeof(int));
      keep(fd_here);
    }
  }
}

static void options(int fd) {
  static const int levels[] = {SOL_SOCKET, SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP,
                               IPPROTO_IPV6};
  char value[64];
  socklen_t len = (socklen_t)below(sizeof(value));
  int level = levels[below(5)], name = (int)below(80);
  memset(value, (int)below(3), sizeof(value));
  if (below(2))
    setsockopt(fd, level, name, value, len);
  else
    getsockopt(fd, level, name, value, &len);
}

static void names(int fd) {
  union name name;
  socklen_t len = (socklen_t)below(sizeof(name));
  if (below(2))
    getsockname(fd, &name.any, &len);
  else
    getpeername(fd, &name.any, &len);
}

static void watch(int fd) {
  static const int types[] = {FIONREAD, TIOCOUTQ, FIONBIO};
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  int value = (int)below(2);
  switch (below(4)) {
  case 0:
    ioctl(fd, (unsigned long)types[below(3)], &value);
    break;
  case 1:
    poll(&p, 1, (int)below(3));
    break;
  case 2:
    epoll_ctl(some(), (int)(1 + below(3)), fd, &event);
    break;
  default:
    epoll_wait(fd, &event, 1, 0);
  }
}

static void make_socket(void) {
  static const int families[] = {AF_UNIX, AF_UNIX,  AF_UNIX, AF_INET,
                                 AF_INET, AF_INET6, AF_INET, AF_NETLINK};
  static const int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM,
                              SOCK_SEQPACKET};
  int pair[2], family = families[below(8)];
  int type = types[below(4)] | (below(4) ? SOCK_NONBLOCK : 0);
  if (family == AF_NETLINK) {
    keep(socket(family, SOCK_RAW | SOCK_NONBLOCK, 0));
  } else if (below(3)) {
    keep(socket(family, type, 0));
  } else if (socketpair(AF_UNIX, type, 0, pair) == 0) {
    keep(pair[0]);
    keep(pair[1]);
  }
}

static void one_call(void) {
  union name name;
  socklen_t len = name_of(&name);
  int fd = some();
  switch (below(16)) {
  case 0:
  case 1:
    make_socket();
    break;
  case 2:
    bind(fd, &name.any, len);
    if (below(2))
      listen(fd, (int)below(3));
    break;
  case 3:
    listen(fd, (int)below(4) - 1);
    break;
  case 4:
  case 5:
    connect(fd, &name.any, len);
    break;
  case 6:
  case 7:
    keep(accept4(fd, below(2) ? &name.any : NULL, &len,
                 below(4) ? SOCK_NONBLOCK : 0));
    break;
  case 8:
  case 9:
    send_something(fd);
    break;
  case 10:
  case 11:
    receive_something(fd);
    break;
  case 12:
    options(fd);
    break;
  case 13:
    names(fd);
    break;
  case 14:
    watch(fd);
    break;
  default:
    if (below(3) == 0)
      shutdown(fd, (int)below(4));
    else if (below(2))
      close(fd);
    else if (below(8) == 0)
      keep(epoll_create1(0));
    else
      unlink(name.un.sun_path);
  }
}

static void *calls(void *unused) {
  (void)unused;
  for (int i = 0; i < CALLS; i++) {
    one_call();
    made++;
  }
  return NULL;
}

static void on_alarm(int sig) { (void)sig; }

static void child(void) {
  const struct itimerval tick = {{0, 5000}, {0, 5000}};
  const struct sigaction action = {.sa_handler = on_alarm};
  pthread_t thread[THREADS];
  char dir[64];
  snprintf(dir, sizeof(dir), "/tmp/sockets-%d", getpid());
  require(mkdir(dir, 0755) == 0 && chdir(dir) == 0, "directory");
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &tick, NULL);
  for (int i = 0; i < FDS; i++)
    fds[i] = -1;
  for (int i = 0; i < THREADS; i++)
    require(pthread_create(&thread[i], NULL, calls, NULL) == 0, "thread");
  /* Whoever sleeps for ever goes with the process. */
  for (int before = -1; before != made && made < THREADS * CALLS;) {
    before = made;
    for (int i = 0; i < 20; i++)
      usleep(1000);
  }
  _exit(made < THREADS * CALLS / 8 ? 4 : 0);
}

static unsigned long free_memory(void) {
  struct sysinfo info;
  require(sysinfo(&info) == 0, "sysinfo");
  return info.freeram * info.mem_unit;
}

static void remove_names(pid_t pid) {
  char path[64];
  static const char *const names[] = {"s", "s0", "s1", "s2"};
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof(path), "/tmp/sockets-%d/%s", pid, names[i]);
    unlink(path);
  }
  snprintf(path, sizeof(path), "/tmp/sockets-%d", pid);
  require(rmdir(path) == 0, path);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  int rounds = argc > 2 ? atoi(argv[2]) : 5;
  unsigned long before = 0;
  struct utsname uts;
  if (uname(&uts) || !strstr(uts.release, "ukernel")) {
    fprintf(stderr, "random-sockets: only in ukernel\n");
    return 1;
  }
  for (int round = 0; round < rounds; round++) {
    pid_t pid = fork();
    int status;
    require(pid >= 0, "fork");
    if (pid == 0) {
      state = seed * 1000003 + (uint64_t)round;
      child();
    }
    require(waitpid(pid, &status, 0) == pid, "waitpid");
    remove_names(pid);
    if (round == 0)
      before = free_memory();
    if (before != free_memory())
      printf("round %d: %ld bytes are gone\n", round,
             (long)(before - free_memory()));
  }
  puts("ok");
  return 0;
}
