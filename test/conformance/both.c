/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * both.c - KCOV_ENABLE on one object and KCOV_REMOTE_ENABLE on another, by one
 * task: two owners in one since Linux 7.2, refused before
 *
 * As in remote.c, no case waits for remote coverage.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <signal.h>
#include <stdlib.h>

#define WORDS PAGE_WORDS

static long local(int fd) { return kcov_ioctl(fd, ENABLE, 0); }
static long disable(int fd) { return kcov_ioctl(fd, DISABLE, 0); }

static long remote(int fd, uint32_t mode, uint64_t handle) {
  struct remote_arg *arg = calloc(1, sizeof(*arg) + sizeof(handle));
  if (!arg)
    return -ENOMEM;
  arg->trace_mode = mode;
  arg->area_size = WORDS;
  arg->num_handles = 1;
  arg->handles[0] = handle;
  long rc = kcov_ioctl(fd, REMOTE_ENABLE, (unsigned long)arg);
  free(arg);
  return rc;
}

static long one_usb(int fd, uint64_t instance) {
  return remote(fd, 0, USB_HANDLE(instance));
}

static long job_usb(long fd, long instance, long c) {
  (void)c;
  return one_usb((int)fd, (unsigned long)instance);
}

static long job_both(long local_fd, long remote_fd, long c) {
  (void)c;
  long rc = local((int)local_fd);
  return rc ? rc : one_usb((int)remote_fd, 1);
}

/* ---- Order --------------------------------------------------------------- */

static void remote_first(void) {
  struct kcov mine = kcov_new(WORDS), theirs = kcov_new(WORDS);
  int other = kcov_sized(WORDS);
  say_rc("remote", one_usb(theirs.fd, 1));
  say_rc("local-bad-mode", kcov_ioctl(mine.fd, ENABLE, 9));
  say_rc("local", local(mine.fd));
  say("local-records", "%s", records(&mine));
  say("remote-records", "%s", records(&theirs));
  say_rc("second-local", local(other));
  say_rc("second-local-bad-mode", kcov_ioctl(other, ENABLE, 9));
  say_rc("second-remote", one_usb(other, 2));
  say_rc("second-remote-bad-mode", remote(other, 9, USB_HANDLE(2)));
  say_rc("disable-other", disable(other));
  say_rc("disable-argument", kcov_ioctl(theirs.fd, DISABLE, 1));
  say_rc("disable-remote", disable(theirs.fd));
  say_rc("disable-remote-again", disable(theirs.fd));
  say("local-goes-on", "%s", records(&mine));
  say_rc("remote-again", one_usb(theirs.fd, 1));
  say_rc("disable-local", disable(mine.fd));
  say_rc("disable-local-again", disable(mine.fd));
}

/* A REMOTE_ENABLE that fails does not end what is there. */
static void local_first(void) {
  struct kcov mine = kcov_new(WORDS), theirs = kcov_new(WORDS);
  int other = kcov_sized(WORDS);
  struct agent agent;
  agent_thread(&agent);
  say_rc("local", local(mine.fd));
  say_rc("remote-bad-mode", remote(theirs.fd, 9, USB_HANDLE(1)));
  say_rc("remote-bad-handle", remote(theirs.fd, 0, 5));
  say("local-goes-on", "%s", records(&mine));
  say_rc("remote", one_usb(theirs.fd, 1));
  say_rc("handle-taken", agent_do(&agent, job_usb, other, 1, 0));
  say_rc("disable-local", disable(mine.fd));
  say("local-ended", "%s", records(&mine));
  say_rc("local-again", local(mine.fd));
  say_rc("disable-remote", disable(theirs.fd));
  say("local-alone", "%s", records(&mine));
  say_rc("disable-local-again", disable(mine.fd));
  agent_end(&agent);
}

static void modes(void) {
  int mine = kcov_sized(WORDS), theirs = kcov_sized(WORDS);
  say_rc("local", kcov_ioctl(mine, ENABLE, 1));
  say_rc("remote", one_usb(theirs, 1));
  say_rc("disable-remote", disable(theirs));
  say_rc("disable-local", disable(mine));
  say_rc("local-pc", local(mine));
  say_rc("remote-cmp", remote(theirs, 1, USB_HANDLE(1)));
}

/* ---- The ends of a task -------------------------------------------------- */

static void ended(void start(struct agent *), int sig) {
  int mine = kcov_sized(WORDS), theirs = kcov_sized(WORDS);
  int other = kcov_sized(WORDS);
  struct agent agent;
  start(&agent);
  say_rc("enable", agent_do(&agent, job_both, mine, theirs, 0));
  say_rc("local-taken", local(mine));
  say_rc("handle-taken", one_usb(other, 1));
  disable(other);
  if (sig)
    agent_kill(&agent, sig);
  else
    agent_end(&agent);
  say_rc("local-free", local(theirs));
  disable(theirs);
  say_rc("remote-free", one_usb(mine, 1));
  disable(mine);
}

static void thread_exit(void) { ended(agent_thread, 0); }
static void process_exit(void) { ended(agent_process, 0); }
static void process_kill(void) { ended(agent_process, SIGKILL); }

/* Both objects outlive their descriptors, and stay in the way. */
static void closed(void) {
  int mine = kcov_sized(WORDS), theirs = kcov_sized(WORDS);
  int other = kcov_sized(WORDS);
  struct agent agent;
  agent_thread(&agent);
  say_rc("enable", job_both(mine, theirs, 0));
  close(mine);
  close(theirs);
  say_rc("second-local", local(other));
  say_rc("second-remote", one_usb(other, 2));
  say_rc("handle-taken", agent_do(&agent, job_usb, other, 1, 0));
  agent_end(&agent);
}

static long job_child(long mine, long theirs, long other) {
  if (disable((int)mine) != -EINVAL || disable((int)theirs) != -EINVAL)
    return 1;
  if (local((int)other) != 0 || disable((int)other) != 0)
    return 2;
  return one_usb((int)other, 2);
}

/* A child owns neither. */
static void forked(void) {
  struct kcov mine = kcov_new(WORDS), theirs = kcov_new(WORDS);
  int other = kcov_sized(WORDS);
  struct agent agent;
  say_rc("enable", job_both(mine.fd, theirs.fd, 0));
  agent_process(&agent);
  say_rc("child", agent_do(&agent, job_child, mine.fd, theirs.fd, other));
  say_rc("child-exit", agent_end(&agent));
  say("local-goes-on", "%s", records(&mine));
  say_rc("disable-remote", disable(theirs.fd));
  say_rc("disable-local", disable(mine.fd));
}

/* Neither objects nor handles leak, in whatever order they end. */
static void repeated(void) {
  unsigned int ok = 0;
  int mine = kcov_sized(WORDS), theirs = kcov_sized(WORDS);
  for (int i = 0; i < 500; i++) {
    bool good = job_both(mine, theirs, 0) == 0;
    good &= disable(i % 2 ? mine : theirs) == 0;
    good &= disable(i % 2 ? theirs : mine) == 0;
    ok += good;
  }
  say(NULL, "%u", ok);
}

static const struct scenario scenarios[] = {
    {"both/remote-first", remote_first,
     CHECKS("remote", "local-bad-mode", "local", "local-records",
            "remote-records", "second-local", "second-local-bad-mode",
            "second-remote", "second-remote-bad-mode", "disable-other",
            "disable-argument", "disable-remote", "disable-remote-again",
            "local-goes-on", "remote-again", "disable-local",
            "disable-local-again")},
    {"both/local-first", local_first,
     CHECKS("local", "remote-bad-mode", "remote-bad-handle", "local-goes-on",
            "remote", "handle-taken", "disable-local", "local-ended",
            "local-again", "disable-remote", "local-alone",
            "disable-local-again")},
    {"both/mode-1", modes,
     CHECKS("local", "remote", "disable-remote", "disable-local", "local-pc",
            "remote-cmp")},
    {"both/thread-exit", thread_exit,
     CHECKS("enable", "local-taken", "handle-taken", "local-free",
            "remote-free")},
    {"both/process-exit", process_exit,
     CHECKS("enable", "local-taken", "handle-taken", "local-free",
            "remote-free")},
    {"both/process-kill", process_kill,
     CHECKS("enable", "local-taken", "handle-taken", "local-free",
            "remote-free")},
    {"both/closed", closed,
     CHECKS("enable", "second-local", "second-remote", "handle-taken")},
    {"both/fork", forked,
     CHECKS("enable", "child", "child-exit", "local-goes-on", "disable-remote",
            "disable-local")},
    {"both/500-times", repeated, NULL},
};

void add_both_cases(void) { add_scenarios(scenarios, N_OF(scenarios)); }
