/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * remote.c - KCOV_REMOTE_ENABLE: argument checks, handles, ownership
 *
 * No case waits for remote coverage itself: which code of a kernel is
 * annotated depends on its configuration.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS PAGE_WORDS

static long remote(int fd, uint32_t mode, uint32_t n, uint64_t common,
                   const uint64_t *handles) {
  struct remote_arg *arg = calloc(1, sizeof(*arg) + (n + 1) * sizeof(*handles));
  if (!arg)
    return -ENOMEM;
  arg->trace_mode = mode;
  arg->area_size = WORDS;
  arg->num_handles = n;
  arg->common_handle = common;
  for (uint32_t i = 0; i < n; i++)
    arg->handles[i] = handles[i];
  long rc = kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)arg);
  free(arg);
  return rc;
}

static long one_usb(int fd, uint64_t handle) {
  return remote(fd, 0, 1, 0, &handle);
}

static long job_usb(long fd, long instance, long c) {
  (void)c;
  return one_usb((int)fd, USB_HANDLE((unsigned long)instance));
}

static long job_common(long fd, long instance, long c) {
  (void)c;
  return remote((int)fd, 0, 0, (uint64_t)instance, NULL);
}

/* ---- One argument each --------------------------------------------------- */

struct row {
  const char *name;
  uint32_t mode, area, n;
  uint64_t common, handles[3];
};

#define U USB_HANDLE
static const struct row rows[] = {
    /* Good ones. */
    {"none", 0, WORDS, 0, 0, {0}},
    {"one", 0, WORDS, 1, 0, {U(1)}},
    {"three", 0, WORDS, 3, 0, {U(1), U(2), U(3)}},
    {"usb-0", 0, WORDS, 1, 0, {U(0)}},
    {"usb-max", 0, WORDS, 1, 0, {U(0xffffffff)}},
    {"common", 0, WORDS, 0, 1, {0}},
    {"common-max", 0, WORDS, 0, 0xffffffff, {0}},
    {"both", 0, WORDS, 1, 1, {U(1)}},
    {"area-0", 0, 0, 1, 0, {U(1)}},
    {"area-1", 0, 1, 1, 0, {U(1)}},
    {"area-max", 0, 0xffffffff, 1, 0, {U(1)}},
    /* One thing wrong. */
    {"mode-1", 1, WORDS, 1, 0, {U(1)}},
    {"mode-2", 2, WORDS, 1, 0, {U(1)}},
    {"mode-max", 0xffffffff, WORDS, 1, 0, {U(1)}},
    {"handle-0", 0, WORDS, 1, 0, {0}},
    {"handle-common", 0, WORDS, 1, 0, {5}},
    {"handle-subsystem-2", 0, WORDS, 1, 0, {2ull << 56 | 5}},
    {"handle-subsystem-255", 0, WORDS, 1, 0, {255ull << 56 | 5}},
    {"handle-bit-32", 0, WORDS, 1, 0, {U(1ull << 32)}},
    {"handle-bit-55", 0, WORDS, 1, 0, {U(1ull << 55)}},
    {"handle-second", 0, WORDS, 2, 0, {U(1), 5}},
    {"common-usb", 0, WORDS, 0, U(1), {0}},
    {"common-usb-0", 0, WORDS, 0, U(0), {0}},
    {"common-subsystem-2", 0, WORDS, 0, 2ull << 56 | 5, {0}},
    {"common-bit-32", 0, WORDS, 0, 1ull << 32, {0}},
    {"common-bit-55", 0, WORDS, 0, 1ull << 55 | 5, {0}},
    {"twice", 0, WORDS, 2, 0, {U(1), U(1)}},
    {"twice-apart", 0, WORDS, 3, 0, {U(1), U(2), U(1)}},
    /* Two things wrong: which one is looked at first. */
    {"mode-1-and-handle", 1, WORDS, 1, 0, {5}},
    {"mode-2-and-twice", 2, WORDS, 2, 0, {U(1), U(1)}},
    {"twice-then-bad", 0, WORDS, 3, 0, {U(1), U(1), 5}},
    {"bad-then-twice", 0, WORDS, 3, 0, {5, U(1), U(1)}},
    {"twice-and-common", 0, WORDS, 2, U(1), {U(1), U(1)}},
};
#undef U

static void run_row(void) {
  const struct row *row = case_arg();
  struct remote_arg *arg = calloc(1, sizeof(*arg) + sizeof(row->handles));
  int fd = kcov_sized(WORDS), other = kcov_sized(WORDS);
  need(arg ? 0 : -ENOMEM, "memory");
  arg->trace_mode = row->mode;
  arg->area_size = row->area;
  arg->num_handles = row->n;
  arg->common_handle = row->common;
  memcpy(arg->handles, row->handles, sizeof(row->handles));
  say_rc("result", kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)arg));
  /* A failure leaves neither ownership nor handles behind. */
  say_rc("other", one_usb(other, USB_HANDLE(1)));
  kcov_ioctl(other, DISABLE, 0);
  say_rc("disable", kcov_ioctl(fd, DISABLE, 0));
  say_rc("again", one_usb(fd, USB_HANDLE(1)));
}

/* ---- The argument's memory ----------------------------------------------- */

/* @bytes of an argument with @n handles before a page that is not there. */
static long at_edge(int fd, size_t bytes, uint32_t n) {
  char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(sys_map(pages), "mmap");
  need(sys(mprotect(pages + PAGE, PAGE, PROT_NONE)), "mprotect");
  struct remote_arg *whole = calloc(1, sizeof(*whole) + sizeof(uint64_t));
  need(whole ? 0 : -ENOMEM, "memory");
  whole->area_size = WORDS;
  whole->num_handles = n;
  whole->handles[0] = USB_HANDLE(1);
  char *at = pages + PAGE - bytes;
  memcpy(at, whole, bytes);
  free(whole);
  return kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)at);
}

static void memory(void) {
  int fd = kcov_sized(WORDS), raw = kcov_open();
  say_rc("null", kcov_ioctl(fd, REMOTE_ENABLE, 0));
  say_rc("null-fresh", kcov_ioctl(raw, REMOTE_ENABLE, 0));
  say_rc("unmapped", kcov_ioctl(fd, REMOTE_ENABLE, 1ul << 46));
  say_rc("kernel", kcov_ioctl(fd, REMOTE_ENABLE, 0xffff888000000000ul));
  say_rc("wraps", kcov_ioctl(fd, REMOTE_ENABLE, ~0ul - 7));
  say_rc("before-count", at_edge(fd, 8, 1));
  say_rc("before-common", at_edge(fd, 16, 0));
  say_rc("before-handles", at_edge(fd, 24, 1));
  say_rc("before-second", at_edge(fd, 32, 2));
  say_rc("257-before-handles", at_edge(fd, 24, 257));
  say_rc("count-max", at_edge(fd, 24, ~0u));
  say_rc("fits", at_edge(fd, 24, 0));
}

static void many(void) {
  uint64_t handles[MAX_HANDLES + 1];
  int fd = kcov_sized(WORDS), other = kcov_sized(WORDS);
  struct agent agent;
  agent_thread(&agent);
  for (unsigned int i = 0; i <= MAX_HANDLES; i++)
    handles[i] = USB_HANDLE(i);
  say_rc("257", remote(fd, 0, MAX_HANDLES + 1, 0, handles));
  say_rc("256", remote(fd, 0, MAX_HANDLES, 0, handles));
  say_rc("first-taken", agent_do(&agent, job_usb, other, 0, 0));
  say_rc("last-taken", agent_do(&agent, job_usb, other, 255, 0));
  say_rc("next-free", agent_do(&agent, job_usb, other, 256, 0));
  agent_end(&agent);
}

/* ---- Handles are system-wide --------------------------------------------- */

static void taken(void) {
  int fd = kcov_sized(WORDS), other = kcov_sized(WORDS);
  const uint64_t fresh_then_taken[] = {USB_HANDLE(9), USB_HANDLE(1)};
  struct agent agent;
  agent_process(&agent);
  need(agent_do(&agent, job_usb, other, 1, 0), "REMOTE_ENABLE");
  say_rc("usb", one_usb(fd, USB_HANDLE(1)));
  say_rc("rolled-back", remote(fd, 0, 2, 0, fresh_then_taken));
  say_rc("mode-first", remote(fd, 1, 2, 0, fresh_then_taken));
  say_rc("same-number-common", remote(fd, 0, 0, 1, NULL));
  say_rc("disable", kcov_ioctl(fd, DISABLE, 0));
  say_rc("other-usb", one_usb(fd, USB_HANDLE(9)));
  kcov_ioctl(fd, DISABLE, 0);
  say_rc("owner-disable", agent_ioctl(&agent, other, DISABLE, 0));
  say_rc("free-again", one_usb(fd, USB_HANDLE(1)));
  say_rc("now-theirs", agent_do(&agent, job_usb, other, 1, 0));
  agent_end(&agent);
}

static void taken_common(void) {
  int fd = kcov_sized(WORDS), other = kcov_sized(WORDS);
  struct agent agent;
  agent_process(&agent);
  need(agent_do(&agent, job_common, other, 1, 0), "REMOTE_ENABLE");
  say_rc("common", remote(fd, 0, 0, 1, NULL));
  say_rc("same-number-usb", one_usb(fd, USB_HANDLE(1)));
  kcov_ioctl(fd, DISABLE, 0);
  agent_end(&agent);
  say_rc("free-again", remote(fd, 0, 0, 1, NULL));
}

static void freed_by_exit(void start(struct agent *), int sig) {
  int fd = kcov_sized(WORDS), other = kcov_sized(WORDS);
  struct agent agent;
  start(&agent);
  need(agent_do(&agent, job_usb, other, 1, 0), "REMOTE_ENABLE");
  say_rc("taken", one_usb(fd, USB_HANDLE(1)));
  if (sig)
    agent_kill(&agent, sig);
  else
    agent_end(&agent);
  say_rc("free", one_usb(fd, USB_HANDLE(1)));
  kcov_ioctl(fd, DISABLE, 0);
  say_rc("object-free", one_usb(other, USB_HANDLE(1)));
}

static void thread_exit(void) { freed_by_exit(agent_thread, 0); }
static void process_exit(void) { freed_by_exit(agent_process, 0); }
static void process_kill(void) { freed_by_exit(agent_process, SIGKILL); }

/* The object outlives its descriptor and mapping; so do its handles. */
static long job_hide(long a, long b, long c) {
  struct kcov kcov = kcov_new(WORDS);
  (void)b, (void)c;
  long rc = job_usb(kcov.fd, a, 0);
  munmap((void *)kcov.area, WORDS * sizeof(uint64_t));
  close(kcov.fd);
  return rc;
}

static void closed(void) {
  int fd = kcov_sized(WORDS);
  struct agent agent;
  agent_thread(&agent);
  say_rc("enable", agent_do(&agent, job_hide, 1, 0, 0));
  say_rc("taken", one_usb(fd, USB_HANDLE(1)));
  say_rc("owner-busy", agent_ioctl(&agent, fd, ENABLE, 0));
  agent_end(&agent);
  say_rc("free", one_usb(fd, USB_HANDLE(1)));
}

/* ---- Ownership ----------------------------------------------------------- */

static void ownership(void) {
  struct kcov kcov = kcov_new(WORDS);
  int other = kcov_sized(WORDS);
  struct agent agent;
  agent_thread(&agent);
  say_rc("enable", one_usb(kcov.fd, USB_HANDLE(1)));
  say("own-calls", "%s", records(&kcov));
  say_rc("second-owner", agent_do(&agent, job_usb, kcov.fd, 2, 0));
  say_rc("plain-enable", kcov_ioctl(kcov.fd, ENABLE, 0));
  say_rc("plain-by-other", agent_ioctl(&agent, kcov.fd, ENABLE, 0));
  say_rc("another", one_usb(other, USB_HANDLE(2)));
  say_rc("another-plain", kcov_ioctl(other, ENABLE, 0));
  kcov_ioctl(other, DISABLE, 0); /* since 7.2 it was enabled */
  say_rc("another-bad-mode", kcov_ioctl(other, ENABLE, 9));
  say_rc("another-bad-handle", one_usb(other, 5));
  say_rc("disable-by-other", agent_ioctl(&agent, kcov.fd, DISABLE, 0));
  say_rc("disable-arg", kcov_ioctl(kcov.fd, DISABLE, 1));
  say_rc("disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("disable-again", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("plain-after", kcov_ioctl(kcov.fd, ENABLE, 0));
  say("plain-calls", "%s", records(&kcov));
  say_rc("remote-while-plain", one_usb(kcov.fd, USB_HANDLE(1)));
  say_rc("plain-disable", kcov_ioctl(kcov.fd, DISABLE, 0));
  say_rc("handle-of-other", agent_do(&agent, job_usb, other, 1, 0));
  agent_end(&agent);
}

/* 500 times: neither handles nor objects leak. */
static void repeated(void) {
  unsigned int ok = 0;
  int fd = kcov_sized(WORDS);
  for (int i = 0; i < 500; i++) {
    const uint64_t handles[] = {USB_HANDLE(1), USB_HANDLE(2)};
    ok += remote(fd, 0, 2, 3, handles) == 0 && one_usb(fd, 5) == -EINVAL &&
          kcov_ioctl(fd, DISABLE, 0) == 0;
  }
  say(NULL, "%u", ok);
}

static void rolled_back(void) {
  unsigned int ok = 0;
  int fd = kcov_sized(WORDS);
  for (int i = 0; i < 500; i++) {
    const uint64_t handles[] = {USB_HANDLE(1), USB_HANDLE(2), 5};
    ok += remote(fd, 0, 3, 0, handles) == -EINVAL;
  }
  say("failed", "%u", ok);
  say_rc("good", one_usb(fd, USB_HANDLE(1)));
}

/* A child inherits the common handle, but neither object nor ownership. */
static long job_child(long fd, long other, long c) {
  (void)c;
  long rc = kcov_ioctl((int)fd, DISABLE, 0);
  return rc == -EINVAL ? kcov_ioctl((int)other, ENABLE, 0) : rc;
}

static void forked(void) {
  int fd = kcov_sized(WORDS), other = kcov_sized(WORDS);
  struct agent agent;
  need(remote(fd, 0, 0, 1, NULL), "REMOTE_ENABLE");
  agent_process(&agent);
  say_rc("child-disable-then-enable",
         agent_do(&agent, job_child, fd, other, 0));
  say_rc("child-exit", agent_end(&agent));
  say_rc("still-owned", kcov_ioctl(fd, ENABLE, 0));
  say_rc("disable", kcov_ioctl(fd, DISABLE, 0));
}

static const struct scenario scenarios[] = {
    {"remote/memory", memory,
     CHECKS("null", "null-fresh", "unmapped", "kernel", "wraps", "before-count",
            "before-common", "before-handles", "before-second",
            "257-before-handles", "count-max", "fits")},
    {"remote/many", many,
     CHECKS("257", "256", "first-taken", "last-taken", "next-free")},
    {"remote/taken", taken,
     CHECKS("usb", "rolled-back", "mode-first", "same-number-common", "disable",
            "other-usb", "owner-disable", "free-again", "now-theirs")},
    {"remote/taken-common", taken_common,
     CHECKS("common", "same-number-usb", "free-again")},
    {"remote/thread-exit", thread_exit, CHECKS("taken", "free", "object-free")},
    {"remote/process-exit", process_exit,
     CHECKS("taken", "free", "object-free")},
    {"remote/process-kill", process_kill,
     CHECKS("taken", "free", "object-free")},
    {"remote/closed", closed, CHECKS("enable", "taken", "owner-busy", "free")},
    {"remote/owner", ownership,
     CHECKS("enable", "own-calls", "second-owner", "plain-enable",
            "plain-by-other", "another", "another-plain", "another-bad-mode",
            "another-bad-handle", "disable-by-other", "disable-arg", "disable",
            "disable-again", "plain-after", "plain-calls", "remote-while-plain",
            "plain-disable", "handle-of-other")},
    {"remote/500-times", repeated, NULL},
    {"remote/500-failures", rolled_back, CHECKS("failed", "good")},
    {"remote/fork", forked,
     CHECKS("child-disable-then-enable", "child-exit", "still-owned",
            "disable")},
};

void add_remote_cases(void) {
  static const char *const checks[] = {"result", "other", "disable", "again",
                                       NULL};
  static char names[N_OF(rows)][48];
  for (size_t i = 0; i < N_OF(rows); i++) {
    snprintf(names[i], sizeof(names[i]), "remote/arg/%s", rows[i].name);
    add_case(names[i], run_row, &rows[i], checks);
  }
  add_scenarios(scenarios, N_OF(scenarios));
}
