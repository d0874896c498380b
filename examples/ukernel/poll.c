/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * poll.c - poll, ppoll, select, pselect6
 *
 * A sleeper looks at all its files again when one of them changes, or when one
 * (a timer, the host's terminal) says that it may have changed by itself.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t uk_deadline_after(uint64_t seconds, uint64_t ns) {
  uint64_t now = uk_now_ns(), wait, deadline;
  if (__builtin_mul_overflow(seconds, NS_PER_S, &wait) ||
      __builtin_add_overflow(wait, ns, &wait) ||
      __builtin_add_overflow(now, wait, &deadline))
    return UINT64_MAX;
  return deadline;
}

uint64_t uk_deadline_ms(int ms) {
  if (ms <= 0)
    return ms ? UINT64_MAX : 0;
  return uk_deadline_after((uint64_t)ms / 1000, (uint64_t)ms % 1000 * 1000000);
}

int uk_deadline_from_guest(uint64_t addr, uint64_t *deadline_ns) {
  int64_t time[2];
  *deadline_ns = UINT64_MAX;
  if (!addr)
    return 0;
  if (copy_from_guest(time, addr, sizeof(time)))
    return -EFAULT;
  if (time[0] < 0 || time[1] < 0 || time[1] >= (int64_t)NS_PER_S)
    return -EINVAL;
  *deadline_ns = time[0] || time[1]
                     ? uk_deadline_after((uint64_t)time[0], (uint64_t)time[1])
                     : 0;
  return 0;
}

/* What is left, in the guest's timespec (@unit 1) or timeval (1000). As on
 * Linux a pointer that cannot be written is no error. */
static void put_rest(uint64_t addr, uint64_t deadline, uint64_t unit) {
  if (!addr || deadline == UINT64_MAX)
    return;
  uint64_t now = uk_now_ns();
  uint64_t rest = deadline > now ? deadline - now : 0;
  int64_t time[2] = {(int64_t)(rest / NS_PER_S),
                     (int64_t)(rest % NS_PER_S / unit)};
  (void)copy_to_guest(addr, time, sizeof(time));
}

/* ---- The loop ------------------------------------------------------------ */

static int scan(struct pollfd *set, size_t n, uint64_t *again_ns) {
  int ready = 0;
  for (size_t i = 0; i < n; i++) {
    set[i].revents = 0;
    if (set[i].fd < 0)
      continue;
    struct uk_file *file = uk_fd_file(set[i].fd);
    if (!file || (file->flags & UK_O_PATH)) {
      set[i].revents = POLLNVAL;
      ready++;
      continue;
    }
    unsigned int want = (unsigned short)set[i].events | POLLERR | POLLHUP;
    set[i].revents = (short)(uk_file_poll(file) & want);
    if (set[i].revents) {
      ready++;
    } else {
      uint64_t at = uk_file_poll_deadline(file);
      if (at < *again_ns)
        *again_ns = at;
    }
  }
  return ready;
}

static int sleep_on(const struct pollfd *set, size_t n, uint64_t deadline) {
  struct uk_channels channels = {NULL, 0, 0};
  int err = 0;
  for (size_t i = 0; i < n && !err; i++) {
    struct uk_file *file = set[i].fd < 0 ? NULL : uk_fd_file(set[i].fd);
    if (file)
      err = uk_file_channels(file, (unsigned short)set[i].events, &channels);
  }
  if (!err)
    err = uk_sleep_any(&channels, deadline);
  free(channels.v);
  return err;
}

/* Ready entries; 0 at the deadline (0: do not wait); -EINTR, -ENOMEM. */
static int wait_ready(struct pollfd *set, size_t n, uint64_t deadline) {
  for (;;) {
    uint64_t again = UINT64_MAX;
    int ready = scan(set, n, &again);
    if (ready || deadline == 0 || uk_now_ns() >= deadline)
      return ready;
    int err = sleep_on(set, n, deadline < again ? deadline : again);
    if (err && err != -ETIMEDOUT)
      return err;
  }
}

int uk_mask_from_guest(uint64_t addr, uint64_t size) {
  uint64_t mask;
  if (!addr)
    return 0;
  if (size != sizeof(mask))
    return -EINVAL;
  if (copy_from_guest(&mask, addr, sizeof(mask)))
    return -EFAULT;
  uk_sigmask_temporary(mask);
  return 0;
}

/* ---- poll ---------------------------------------------------------------- */

static int64_t do_poll(uint64_t addr, uint64_t n, uint64_t deadline) {
  if (n > UK_MAX_FDS)
    return -EINVAL;
  struct pollfd *set = calloc(n ? n : 1, sizeof(*set));
  if (!set)
    return -ENOMEM;
  int64_t result = n ? copy_from_guest(set, addr, n * sizeof(*set)) : 0;
  if (!result)
    result = wait_ready(set, n, deadline);
  for (size_t i = 0; result >= 0 && i < n; i++) {
    uint64_t at = addr + i * sizeof(*set) + offsetof(struct pollfd, revents);
    if (copy_to_guest(at, &set[i].revents, sizeof(set[i].revents)))
      result = -EFAULT;
  }
  free(set);
  return result;
}

static int64_t sys_poll(const uint64_t arg[6]) {
  return do_poll(arg[0], (uint32_t)arg[1], uk_deadline_ms((int)arg[2]));
}

static int64_t sys_ppoll(const uint64_t arg[6]) {
  uint64_t deadline;
  int err = uk_deadline_from_guest(arg[2], &deadline);
  if (!err)
    err = uk_mask_from_guest(arg[3], arg[4]);
  if (err)
    return err;
  int64_t result = do_poll(arg[0], (uint32_t)arg[1], deadline);
  put_rest(arg[2], deadline, 1);
  return result;
}

/* ---- select -------------------------------------------------------------- */

#define SELECT_WORDS (UK_MAX_FDS / 64)
enum { SET_IN, SET_OUT, SET_EX, SETS };

static const unsigned short wanted[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
    POLLPRI,
};

struct sets {
  uint64_t bit[SETS][SELECT_WORDS];
};

static bool has(const struct sets *sets, int which, int fd) {
  return sets->bit[which][fd / 64] >> (fd % 64) & 1;
}

/* The sets as poll entries: @set has room for UK_MAX_FDS. */
static int to_poll(const struct sets *sets, int n, struct pollfd *set) {
  int count = 0;
  for (int fd = 0; fd < n; fd++) {
    unsigned short events = 0;
    for (int which = 0; which < SETS; which++)
      if (has(sets, which, fd))
        events |= wanted[which];
    if (!events)
      continue;
    if (!uk_fd_file(fd))
      return -EBADF;
    set[count++] = (struct pollfd){.fd = fd, .events = (short)events};
  }
  return count;
}

static int from_poll(const struct pollfd *set, int count,
                     const struct sets *asked, struct sets *found) {
  int bits = 0;
  memset(found, 0, sizeof(*found));
  for (int i = 0; i < count; i++) {
    int fd = set[i].fd;
    for (int which = 0; which < SETS; which++) {
      if (has(asked, which, fd) &&
          ((unsigned short)set[i].revents & wanted[which])) {
        found->bit[which][fd / 64] |= UINT64_C(1) << (fd % 64);
        bits++;
      }
    }
  }
  return bits;
}

static int wait_sets(const struct sets *asked, int n, uint64_t deadline,
                     struct sets *found) {
  struct pollfd *set = malloc(UK_MAX_FDS * sizeof(*set));
  if (!set)
    return -ENOMEM;
  int count = to_poll(asked, n, set);
  int result = count;
  if (count >= 0)
    result = wait_ready(set, (size_t)count, deadline);
  if (result >= 0)
    result = from_poll(set, count, asked, found);
  free(set);
  return result;
}

static int64_t do_select(int n, const uint64_t addr[SETS], uint64_t deadline) {
  struct sets asked, found;
  if (n < 0)
    return -EINVAL;
  if (n > (int)UK_MAX_FDS)
    n = UK_MAX_FDS;
  size_t bytes = ((size_t)n + 63) / 64 * 8;
  memset(&asked, 0, sizeof(asked));
  for (int which = 0; which < SETS; which++)
    if (addr[which] && bytes &&
        copy_from_guest(asked.bit[which], addr[which], bytes))
      return -EFAULT;
  int result = wait_sets(&asked, n, deadline, &found);
  for (int which = 0; result >= 0 && which < SETS; which++)
    if (addr[which] && bytes &&
        copy_to_guest(addr[which], found.bit[which], bytes))
      result = -EFAULT;
  return result;
}

static int64_t sys_select(const uint64_t arg[6]) {
  uint64_t deadline = UINT64_MAX;
  int64_t time[2];
  if (arg[4]) {
    if (copy_from_guest(time, arg[4], sizeof(time)))
      return -EFAULT;
    if (time[0] < 0 || time[1] < 0)
      return -EINVAL;
    uint64_t seconds = (uint64_t)time[0], us = (uint64_t)time[1];
    deadline = seconds || us ? uk_deadline_after(seconds + us / 1000000,
                                                 us % 1000000 * 1000)
                             : 0;
  }
  int64_t result = do_select((int)arg[0], &arg[1], deadline);
  put_rest(arg[4], deadline, 1000);
  return result;
}

static int64_t sys_pselect6(const uint64_t arg[6]) {
  uint64_t deadline, mask[2] = {0, 0};
  int err = uk_deadline_from_guest(arg[4], &deadline);
  if (!err && arg[5])
    err = copy_from_guest(mask, arg[5], sizeof(mask));
  if (!err)
    err = uk_mask_from_guest(mask[0], mask[1]);
  if (err)
    return err;
  int64_t result = do_select((int)arg[0], &arg[1], deadline);
  put_rest(arg[4], deadline, 1);
  return result;
}

const struct uk_syscall_row uk_syscalls_poll[] = {
    {7, {"poll", sys_poll}},
    {23, {"select", sys_select}},
    {270, {"pselect6", sys_pselect6}},
    {271, {"ppoll", sys_ppoll}},
    {0, {NULL, NULL}},
};
