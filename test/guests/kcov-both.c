/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * One thread with a file of KCOV_ENABLE ("local") and one of KCOV_REMOTE_ENABLE
 * ("remote"): its own calls go to the one, background work to the other. Linux
 * has that since 7.2; here and there with either kcov.
 *
 * The work is a kernel thread's, asked for by examples/linux/module where that
 * is in the kernel, else an alarm (ukernel's own). Prints a line for each step,
 * then the PCs of each: `local PC`, `remote PC`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alarm.h"
#include "check.h"

#define INIT_TRACE _IOR('c', 1, unsigned long)
#define ENABLE _IO('c', 100)
#define DISABLE _IO('c', 101)
#define REMOTE_ENABLE _IOW('c', 102, struct remote_arg)
#define WORDS 16384ul
#define HANDLE 0x42
struct remote_arg {
  uint32_t trace_mode;
  uint32_t area_size;
  uint32_t num_handles;
  uint32_t padding;
  uint64_t common_handle;
};

struct kcov {
  int fd;
  volatile uint64_t *cover;
};

static struct kcov kcov_new(void) {
  struct kcov k = {.fd = open("/sys/kernel/debug/kcov", O_RDWR)};
  require(k.fd >= 0 && ioctl(k.fd, INIT_TRACE, WORDS) == 0, "INIT_TRACE");
  k.cover = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, k.fd, 0);
  require(k.cover != MAP_FAILED, "mmap");
  return k;
}

static int local_enable(const struct kcov *k) {
  return ioctl(k->fd, ENABLE, 0) == 0 ? 0 : errno;
}

static int remote_enable(const struct kcov *k) {
  struct remote_arg arg = {.area_size = WORDS, .common_handle = HANDLE};
  return ioctl(k->fd, REMOTE_ENABLE, &arg) == 0 ? 0 : errno;
}

static int disable(const struct kcov *k) {
  return ioctl(k->fd, DISABLE, 0) == 0 ? 0 : errno;
}

/*
 * How many PCs came since. Remote data comes from another thread, entries
 * first: the load pairs with the barrier in front of the count.
 */
static uint64_t take(const struct kcov *k) {
  const uint64_t n = __atomic_load_n(&k->cover[0], __ATOMIC_ACQUIRE);
  k->cover[0] = 0;
  return n;
}

static void print(const char *name, const struct kcov *k) {
  const uint64_t n = __atomic_load_n(&k->cover[0], __ATOMIC_ACQUIRE);
  for (uint64_t i = 1; i <= n; i++)
    printf("%s 0x%llx\n", name, (unsigned long long)k->cover[i]);
}

/* ---- Work ---------------------------------------------------------------- */

static void work(void) {
  char text[32];
  const int fd = open("/sys/kernel/debug/kcov8-remote", O_WRONLY);
  if (fd < 0) {
    ring();
    return;
  }
  const int n = snprintf(text, sizeof(text), "work %d", HANDLE);
  require(write(fd, text, (size_t)n) == n, "kcov8-remote");
  close(fd);
}

/* ---- Steps --------------------------------------------------------------- */

static struct kcov local, remote, other;

static void calls(void) {
  for (int i = 0; i < 20; i++)
    syscall(SYS_getppid);
}

/* Which of the two have something of what @what does? */
static int goes_to(void what(void), int to_local, int to_remote) {
  take(&local);
  take(&remote);
  what();
  /* The kernel's work is done before its section ends. */
  for (int i = 0; to_remote && !remote.cover[0] && i < 1000; i++)
    usleep(1000);
  const uint64_t l = take(&local), r = take(&remote);
  return (l > 0) == to_local && (r > 0) == to_remote;
}

static void both_or_exit(void) {
  require(local_enable(&local) == 0, "ENABLE");
  require(remote_enable(&remote) == 0, "REMOTE_ENABLE");
}

/* Owns neither, and its exit takes nothing away. */
static void owns_nothing(void) {
  CHECK(disable(&local) == EINVAL);
  CHECK(disable(&remote) == EINVAL);
  CHECK(local_enable(&other) == 0);
}

static void ends_with_both(void) { both_or_exit(); }

int main(void) {
  const struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  local = kcov_new();
  remote = kcov_new();
  other = kcov_new();

  check(remote_enable(&remote) == 0, "remote");
  check(local_enable(&local) == 0, "local beside it");
  check(local_enable(&other) == EBUSY, "no second local");
  check(remote_enable(&other) == EBUSY, "no second remote");
  check(goes_to(calls, 1, 0), "own calls go to local only");
  check(goes_to(work, 1, 1), "work goes to remote");
  check_in_child(owns_nothing, "a child owns neither");
  check(goes_to(work, 1, 1), "and took neither away");

  check(disable(&local) == 0, "local ends");
  check(disable(&local) == EINVAL, "once");
  check(goes_to(work, 0, 1), "remote goes on");
  check(local_enable(&local) == 0, "local again");
  check(disable(&remote) == 0, "remote ends");
  check(goes_to(calls, 1, 0), "local goes on");
  check(goes_to(work, 1, 0), "work goes nowhere");
  check(remote_enable(&remote) == 0, "remote beside local");
  check(goes_to(work, 1, 1), "work goes to remote again");
  check(disable(&remote) == 0 && disable(&local) == 0, "both end");
  check_in_child(ends_with_both, "a child ends with both");
  both_or_exit();
  check(goes_to(work, 1, 1), "both were free");

  take(&local);
  take(&remote);
  calls();
  work();
  print("local", &local);
  print("remote", &remote);
  return 0;
}
