/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov-exit.c - guest test: all the ways to end with kcov enabled and mapped
 *
 *   kcov-exit WAY    end so
 *   kcov-exit        print the ways, each with the status that it ends with
 *
 * Nothing is disabled, unmapped or closed that the way itself does not name:
 * the kernel must do it. Whether it did, the kernel knows (ukernel's exit).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define BYTES (65536ul * 8)

static _Thread_local int kcov;
static _Thread_local void *cover;
static char *self;

static void enable(void) {
  kcov = open("/sys/kernel/debug/kcov", O_RDWR);
  require(kcov >= 0, "open");
  require(ioctl(kcov, INIT_TRACE, BYTES / 8) == 0, "INIT_TRACE");
  cover = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
  require(cover != MAP_FAILED, "mmap");
  require(ioctl(kcov, ENABLE, 0) == 0, "ENABLE");
}

static void way_exit(void) { enable(); }

static void way_killed(void) {
  enable();
  kill(getpid(), SIGKILL);
}

static void way_fault(void) {
  enable();
  *(volatile char *)1 = 0;
}

/* The task's own reference is the last one. */
static void way_closed(void) {
  enable();
  require(close(kcov) == 0, "close");
  require(munmap(cover, BYTES) == 0, "munmap");
}

/* More of the same file: descriptors, and mappings in pieces. */
static void way_copies(void) {
  enable();
  require(dup(kcov) >= 0, "dup");
  void *again = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, kcov, 0);
  require(again != MAP_FAILED, "second mmap");
  require(munmap((char *)again + 8192, 4096) == 0, "munmap of a piece");
  require(mprotect(cover, 4096, PROT_READ) == 0, "mprotect");
}

/* INIT_TRACE that fails gives its area back. */
static void way_twice(void) {
  enable();
  require(ioctl(kcov, INIT_TRACE, 1024ul) == -1, "second INIT_TRACE");
}

static int ready[2];
static void *blocked_thread(void *arg) {
  (void)arg;
  enable();
  require(write(ready[1], "", 1) == 1, "write");
  pause();
  return NULL;
}
static void *busy_thread(void *arg) {
  (void)arg;
  enable();
  require(write(ready[1], "", 1) == 1, "write");
  for (;;)
    getppid();
  return NULL;
}
static void start_threads(void) {
  pthread_t thread;
  char byte;
  require(pipe(ready) == 0, "pipe");
  for (int i = 0; i < 8; i++)
    require(pthread_create(&thread, NULL, i % 2 ? blocked_thread : busy_thread,
                           NULL) == 0,
            "pthread_create");
  for (int i = 0; i < 8; i++)
    require(read(ready[0], &byte, 1) == 1, "read");
}
static void way_threads(void) { start_threads(); }
static void way_threads_killed(void) {
  start_threads();
  kill(getpid(), SIGKILL);
}

/* The others end when they want; the process then ends with them. */
static void *last_thread(void *arg) {
  (void)arg;
  enable();
  usleep(2000);
  exit(7);
}
static void way_leader_first(void) {
  pthread_t thread;
  enable();
  require(pthread_create(&thread, NULL, last_thread, NULL) == 0, "thread");
  syscall(SYS_exit, 0);
}

/* A child inherits the mapping, enables, and outlives us. */
static void way_child_left(void) {
  char byte;
  require(pipe(ready) == 0, "pipe");
  enable();
  if (fork() == 0) {
    enable();
    require(write(ready[1], "", 1) == 1, "write");
    for (;;)
      pause();
  }
  require(read(ready[0], &byte, 1) == 1, "read");
}

/* Exit while a child of a vfork has the memory. */
static void way_vfork(void) {
  char *const args[] = {self, "child_left", NULL};
  enable();
  pid_t pid = vfork();
  if (pid == 0) {
    execv(self, args);
    _exit(1);
  }
  waitpid(pid, NULL, 0);
}

static void way_exec(void) {
  char *const args[] = {self, "threads", NULL};
  enable();
  fcntl(kcov, F_SETFD, FD_CLOEXEC);
  char *const quick[] = {self, "nothing", NULL};
  if (fork() == 0)
    execv(self, args);
  wait(NULL);
  execv(self, quick);
  require(0, "execv");
}
static void way_nothing(void) {}

/* Two descriptors on their way through @socket. */
static void send_two(int socket, int first, int second) {
  const int fds[] = {first, second};
  char byte = 0, control[CMSG_SPACE(sizeof(fds))] = {0};
  struct iovec iov = {&byte, 1};
  struct msghdr message = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(fds));
  memcpy(CMSG_DATA(header), fds, sizeof(fds));
  require(sendmsg(socket, &message, 0) == 1, "sendmsg");
}

/* In a socket that nobody reads. */
static void way_in_flight(void) {
  int sockets[2];
  enable();
  require(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "socketpair");
  send_two(sockets[0], kcov, kcov);
  require(close(kcov) == 0, "close");
}

/* In a socket that is in its own queue, and one in that of its peer. */
static void way_cycle(void) {
  int sockets[2];
  enable();
  for (int i = 0; i < 2; i++) {
    require(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) == 0, "socketpair");
    send_two(sockets[0], kcov, sockets[1]);
    if (i)
      send_two(sockets[1], kcov, sockets[0]);
    require(close(sockets[0]) == 0 && close(sockets[1]) == 0, "close");
  }
  require(close(kcov) == 0, "close");
}

/* A ring of 100 pairs: more than FLIGHT_MAX descriptors in all, so that rings
 * that were not collected would be seen. */
static void way_rings(void) {
  enum { PAIRS = 100 };
  int sockets[PAIRS][2];
  enable();
  for (int round = 0; round < 8; round++) {
    for (int i = 0; i < PAIRS; i++)
      require(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]) == 0,
              "socketpair");
    for (int i = 0; i < PAIRS; i++)
      send_two(sockets[i][0], kcov, sockets[(i + 1) % PAIRS][1]);
    for (int i = 0; i < PAIRS; i++)
      close(sockets[i][0]), close(sockets[i][1]);
  }
}

/* What can still be read is not garbage: a socket in one in one that is open.
 */
static void way_reachable(void) {
  int a[2], b[2], c[2];
  char byte, control[CMSG_SPACE(2 * sizeof(int))];
  struct iovec iov = {&byte, 1};
  enable();
  require(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0 &&
              socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0 &&
              socketpair(AF_UNIX, SOCK_STREAM, 0, c) == 0,
          "socketpair");
  send_two(c[0], c[1], kcov);
  send_two(b[0], c[1], kcov);
  send_two(a[0], b[1], kcov);
  close(c[0]), close(c[1]), close(b[0]), close(b[1]), close(kcov);
  int from = a[1];
  for (int depth = 0; depth < 3; depth++) {
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    require(recvmsg(from, &message, MSG_DONTWAIT) == 1, "recvmsg");
    require(message.msg_controllen == sizeof(control), "descriptors");
    memcpy(&from, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(from));
  }
}

static const struct {
  const char *name;
  void (*run)(void);
  int status; /* as a shell has it */
} ways[] = {
    {"exit", way_exit, 7},
    {"killed", way_killed, 137},
    {"fault", way_fault, 139},
    {"closed", way_closed, 7},
    {"copies", way_copies, 7},
    {"twice", way_twice, 7},
    {"threads", way_threads, 7},
    {"threads_killed", way_threads_killed, 137},
    {"leader_first", way_leader_first, 7},
    {"child_left", way_child_left, 7},
    {"vfork", way_vfork, 7},
    {"exec", way_exec, 7},
    {"nothing", way_nothing, 7},
    {"in_flight", way_in_flight, 7},
    {"cycle", way_cycle, 7},
    {"rings", way_rings, 7},
    {"reachable", way_reachable, 7},
};

int main(int argc, char **argv) {
  self = argv[0];
  for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
    if (argc < 2)
      printf("%s %d\n", ways[i].name, ways[i].status);
    else if (strcmp(argv[1], ways[i].name) == 0)
      ways[i].run();
  }
  return argc < 2 ? 0 : 7;
}
