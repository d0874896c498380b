/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * descriptors.c - one object under several descriptors, and orders of closing
 */
#define _GNU_SOURCE
#include "harness.h"

#include <string.h>
#include <sys/socket.h>

#define WORDS PAGE_WORDS

static const char *alias(volatile uint64_t *a, volatile uint64_t *b) {
  a[7] = 0;
  b[7] = 0x1234;
  return a[7] == 0x1234 ? "same memory" : "other memory";
}

/* ---- The same object ----------------------------------------------------- */

/* Two opens are two objects. */
static void two_opens(void) {
  struct kcov first = kcov_new(WORDS);
  int second = kcov_open();
  say_rc("second-enable", kcov_ioctl(second, ENABLE, 0));
  say_rc("second-init", kcov_ioctl(second, INIT_TRACE, 2 * WORDS));
  volatile uint64_t *area = kcov_map(second, 2 * WORDS);
  say("memory", "%s", alias(first.area, area));
  say_rc("first-enable", kcov_ioctl(first.fd, ENABLE, 0));
  say_rc("second-disable", kcov_ioctl(second, DISABLE, 0));
  say_rc("first-disable", kcov_ioctl(first.fd, DISABLE, 0));
}

/* What can be seen of @fd having the object of @kcov, which is enabled. */
static void same_object(const struct kcov *kcov, int fd) {
  say_rc("init", kcov_ioctl(fd, INIT_TRACE, WORDS));
  volatile uint64_t *area = kcov_map(fd, WORDS);
  say("memory", "%s", alias(kcov->area, area));
  say_rc("enable", kcov_ioctl(fd, ENABLE, 0));
  say_rc("disable", kcov_ioctl(fd, DISABLE, 0));
  say_rc("enable-again", kcov_ioctl(fd, ENABLE, 0));
}
#define SAME_CHECKS                                                            \
  CHECKS("init", "memory", "enable", "disable", "enable-again")

static void duplicate(void) {
  struct kcov kcov = kcov_new(WORDS);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  same_object(&kcov, dup(kcov.fd));
}

/* As syzkaller does, before INIT_TRACE. */
static void dup_high(void) {
  int low = kcov_open();
  struct kcov kcov = {.fd = 250, .words = WORDS};
  need(sys(dup2(low, kcov.fd)), "dup2");
  need(sys(close(low)), "close");
  need(kcov_ioctl(kcov.fd, INIT_TRACE, WORDS), "INIT_TRACE");
  kcov.area = kcov_map(kcov.fd, WORDS);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  same_object(&kcov, kcov.fd);
}

static int send_fd(int sock, int fd) {
  char byte = 'x';
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec iov = {&byte, 1};
  struct msghdr msg = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
  memset(&control, 0, sizeof(control));
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
  return (int)sys(sendmsg(sock, &msg, 0));
}

static int receive_fd(int sock) {
  char byte, space[CMSG_SPACE(sizeof(int))];
  struct iovec iov = {&byte, 1};
  struct msghdr msg = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = space,
                       .msg_controllen = sizeof(space)};
  int fd = -1;
  need(sys(recvmsg(sock, &msg, 0)), "recvmsg");
  const struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
  if (header && header->cmsg_type == SCM_RIGHTS)
    memcpy(&fd, CMSG_DATA(header), sizeof(fd));
  need(fd, "descriptor in the message");
  return fd;
}

static void passed(void) {
  struct kcov kcov = kcov_new(WORDS);
  int sockets[2];
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  need(sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)), "socketpair");
  need(send_fd(sockets[0], kcov.fd), "sendmsg");
  close(kcov.fd); /* in flight is enough to keep it */
  same_object(&kcov, receive_fd(sockets[1]));
}

/* To another process, which has neither descriptor nor mapping of it. */
static long job_receive(long sock, long b, long c) {
  static int fd;
  (void)b, (void)c;
  if (!fd)
    fd = receive_fd((int)sock);
  return kcov_ioctl(fd, ENABLE, 0);
}

static void passed_on(void) {
  int sockets[2];
  struct agent agent;
  need(sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)), "socketpair");
  agent_process(&agent);
  struct kcov kcov = kcov_new(WORDS);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  need(send_fd(sockets[0], kcov.fd), "sendmsg");
  say_rc("while-owned", agent_do(&agent, job_receive, sockets[1], 0, 0));
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  kcov_reset(&kcov);
  say_rc("when-free", agent_do(&agent, job_receive, sockets[1], 0, 0));
  say("count", "%s", grew(0, kcov_count(&kcov)));
  say_rc("receiver-owns", kcov_ioctl(kcov.fd, ENABLE, 0));
  agent_end(&agent);
  say_rc("after-exit", kcov_ioctl(kcov.fd, ENABLE, 0));
}

/* Nobody ever receives it. */
static void lost_message(void) {
  struct kcov kcov = kcov_new(WORDS);
  int sockets[2];
  need(sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)), "socketpair");
  need(send_fd(sockets[0], kcov.fd), "sendmsg");
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  close(kcov.fd);
  close(sockets[0]);
  close(sockets[1]);
  say("still-records", "%s", records(&kcov));
}

static long job_ioctl2(long fd, long cmd, long b) {
  (void)b;
  return kcov_ioctl((int)fd, (unsigned long)cmd, 0);
}

static void inherited(void) {
  struct kcov kcov = kcov_new(WORDS);
  struct agent agent;
  agent_process(&agent);
  say_rc("child-enable",
         agent_do(&agent, job_ioctl2, kcov.fd, (long)ENABLE, 0));
  say_rc("parent-enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  say_rc("parent-disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("child-disable",
         agent_do(&agent, job_ioctl2, kcov.fd, (long)DISABLE, 0));
  say_rc("parent-enable-after", kcov_ioctl(kcov.fd, ENABLE, 0));
  say_rc("child-enable-after",
         agent_do(&agent, job_ioctl2, kcov.fd, (long)ENABLE, 0));
  say("parent-records", "%s", records(&kcov));
  agent_end(&agent);
  say("after-child-exit", "%s", records(&kcov));
}

/* ---- Orders of closing --------------------------------------------------- */

/* The caller's object has no descriptor any more. */
static void closed_enabled(void) {
  struct kcov kcov = kcov_new(WORDS);
  int other = kcov_sized(WORDS);
  struct agent agent;
  agent_thread(&agent);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  say_rc("close", sys(close(kcov.fd)));
  kcov_reset(&kcov);
  say("records", "%s", records(&kcov));
  say_rc("disable-closed", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("other-enable", kcov_ioctl(other, ENABLE, 0));
  say_rc("other-disable", kcov_ioctl(other, DISABLE, 0));
  say_rc("other-by-other", agent_ioctl(&agent, other, ENABLE, 0));
  kcov_reset(&kcov);
  say("still-records", "%s", records(&kcov));
  agent_end(&agent);
}

/* Descriptor and mapping are gone: the owner is busy until it exits. */
static long job_orphan(long words, long unmap_first, long c) {
  struct kcov kcov = kcov_new((size_t)words);
  (void)c;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  if (unmap_first)
    munmap((void *)kcov.area, kcov.words * sizeof(uint64_t));
  close(kcov.fd);
  if (!unmap_first)
    munmap((void *)kcov.area, kcov.words * sizeof(uint64_t));
  some_calls();
  int other = kcov_sized(WORDS);
  return kcov_ioctl(other, ENABLE, 0);
}

static void orphan(void) {
  struct agent agent;
  agent_thread(&agent);
  say_rc("unmap-then-close", agent_do(&agent, job_orphan, WORDS, 1, 0));
  agent_end(&agent);
  agent_thread(&agent);
  say_rc("close-then-unmap", agent_do(&agent, job_orphan, WORDS, 0, 0));
  agent_end(&agent);
}

/* A closed descriptor among several, in either order. */
static void close_one(void) {
  struct kcov kcov = kcov_new(WORDS);
  int copy = dup(kcov.fd);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  close(kcov.fd);
  say("original-closed", "%s", records(&kcov));
  say_rc("disable-by-copy", kcov_ioctl(copy, DISABLE, 0));
  say_rc("enable-by-copy", kcov_ioctl(copy, ENABLE, 0));
  int third = dup(copy);
  close(copy);
  say("copy-closed", "%s", records(&kcov));
  say_rc("disable-by-third", kcov_ioctl(third, DISABLE, 0));
}

/* A mapping alone keeps data, not the means to reach the object. */
static void closed_idle(void) {
  struct kcov kcov = kcov_new(WORDS);
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  some_calls();
  need(kcov_ioctl(kcov.fd, DISABLE, 0), "DISABLE");
  uint64_t count = kcov_count(&kcov);
  close(kcov.fd);
  say("kept", "%s", kcov_count(&kcov) == count && count ? "yes" : "no");
  say("records", "%s", records(&kcov));
  int other = kcov_sized(WORDS);
  say_rc("other-enable", kcov_ioctl(other, ENABLE, 0));
}

/* Another process closes its copy; then the owner's process closes its own. */
static long job_close(long fd, long b, long c) {
  (void)b, (void)c;
  return sys(close((int)fd));
}

static void closed_by_child(void) {
  struct kcov kcov = kcov_new(WORDS);
  struct agent agent;
  need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
  agent_process(&agent);
  say_rc("child-close", agent_do(&agent, job_close, kcov.fd, 0, 0));
  say("records", "%s", records(&kcov));
  agent_end(&agent);
  agent_process(&agent);
  close(kcov.fd);
  say_rc("child-disable",
         agent_do(&agent, job_ioctl2, kcov.fd, (long)DISABLE, 0));
  agent_end(&agent);
  say("last-close", "%s", records(&kcov));
}

/* A thread closes the descriptor under its owner. */
static void closed_by_thread(void) {
  struct kcov kcov = kcov_new(WORDS);
  struct agent agent;
  agent_thread(&agent);
  need(agent_ioctl(&agent, kcov.fd, ENABLE, 0), "ENABLE");
  close(kcov.fd);
  wait_still(&kcov);
  kcov_reset(&kcov);
  agent_do(&agent, job_close, -1, 0, 0);
  say("records", "%s", grew(0, kcov_count(&kcov)));
  agent_end(&agent);
  say("after-exit", "%s", records(&kcov));
}

/* 300 objects opened, sized, mapped and dropped in both orders. */
static void many(void) {
  unsigned int ok = 0;
  for (int i = 0; i < 300; i++) {
    struct kcov kcov = kcov_new(WORDS);
    need(kcov_ioctl(kcov.fd, ENABLE, 0), "ENABLE");
    ok += kcov_ioctl(kcov.fd, DISABLE, 0) == 0;
    if (i % 2)
      close(kcov.fd);
    munmap((void *)kcov.area, PAGE);
    if (i % 2 == 0)
      close(kcov.fd);
  }
  say(NULL, "%u", ok);
}

static const struct scenario scenarios[] = {
    {"fd/two-opens", two_opens,
     CHECKS("second-enable", "second-init", "memory", "first-enable",
            "second-disable", "first-disable")},
    {"fd/dup", duplicate, SAME_CHECKS},
    {"fd/dup2-high", dup_high, SAME_CHECKS},
    {"fd/passed", passed, SAME_CHECKS},
    {"fd/passed-on", passed_on,
     CHECKS("while-owned", "when-free", "count", "receiver-owns",
            "after-exit")},
    {"fd/lost-message", lost_message, CHECKS("still-records")},
    {"fd/inherited", inherited,
     CHECKS("child-enable", "parent-enable", "parent-disable", "child-disable",
            "parent-enable-after", "child-enable-after", "parent-records",
            "after-child-exit")},
    {"close/enabled", closed_enabled,
     CHECKS("close", "records", "disable-closed", "other-enable",
            "other-disable", "other-by-other", "still-records")},
    {"close/orphan", orphan, CHECKS("unmap-then-close", "close-then-unmap")},
    {"close/one-of-several", close_one,
     CHECKS("original-closed", "disable-by-copy", "enable-by-copy",
            "copy-closed", "disable-by-third")},
    {"close/idle", closed_idle, CHECKS("kept", "records", "other-enable")},
    {"close/by-child", closed_by_child,
     CHECKS("child-close", "records", "child-disable", "last-close")},
    {"close/by-thread", closed_by_thread, CHECKS("records", "after-exit")},
    {"close/300-objects", many, NULL},
};

void add_descriptor_cases(void) { add_scenarios(scenarios, N_OF(scenarios)); }
