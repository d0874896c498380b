/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * eventfd.c - files that are a number: eventfd and timerfd
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#define NS_PER_S INT64_C(1000000000)

/* ---- eventfd ------------------------------------------------------------- */

struct event {
  uint64_t count;
  bool semaphore;
  uint64_t gen[2];
};

static ssize_t event_read(struct uk_file *file, void *buf, size_t n,
                          int64_t *pos) {
  struct event *event = file->priv;
  (void)pos;
  if (n < sizeof(event->count))
    return -EINVAL;
  while (event->count == 0) {
    if (file->flags & O_NONBLOCK)
      return -EAGAIN;
    if (uk_sleep(&event->gen[0], UINT64_MAX) == -EINTR)
      return -EINTR;
  }
  uint64_t value = event->semaphore ? 1 : event->count;
  event->count -= value;
  event->gen[1]++;
  uk_wakeup(&event->gen[1]);
  memcpy(buf, &value, sizeof(value));
  return sizeof(value);
}

static ssize_t event_write(struct uk_file *file, const void *buf, size_t n,
                           int64_t *pos) {
  struct event *event = file->priv;
  uint64_t value;
  (void)pos;
  if (n < sizeof(value))
    return -EINVAL;
  memcpy(&value, buf, sizeof(value));
  if (value == UINT64_MAX)
    return -EINVAL;
  while (value > UINT64_MAX - 1 - event->count) {
    if (file->flags & O_NONBLOCK)
      return -EAGAIN;
    if (uk_sleep(&event->gen[1], UINT64_MAX) == -EINTR)
      return -EINTR;
  }
  event->count += value;
  event->gen[0]++;
  uk_wakeup(&event->gen[0]);
  return sizeof(value);
}

static unsigned int event_poll(struct uk_file *file) {
  struct event *event = file->priv;
  unsigned int ready = 0;
  if (event->count)
    ready |= POLLIN;
  if (event->count < UINT64_MAX - 1)
    ready |= POLLOUT;
  return ready;
}

static void priv_release(struct uk_file *file) { free(file->priv); }

static const struct uk_file_ops event_ops = {
    .read = event_read,
    .write = event_write,
    .poll = event_poll,
    .release = priv_release,
};

static int64_t make_event(uint32_t count, int flags) {
  if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
    return -EINVAL;
  struct event *event = calloc(1, sizeof(*event));
  if (!event)
    return -ENOMEM;
  event->count = count;
  event->semaphore = flags & EFD_SEMAPHORE;
  struct uk_file *file =
      uk_file_new(&event_ops, O_RDWR | (flags & O_NONBLOCK), event);
  if (!file) {
    free(event);
    return -ENOMEM;
  }
  file->poll_gen = event->gen;
  uk_file_set_path(file, "anon_inode:[eventfd]");
  return uk_fd_install(file, 0, flags & EFD_CLOEXEC);
}

static int64_t sys_eventfd(const uint64_t arg[6]) {
  return make_event((uint32_t)arg[0], 0);
}

static int64_t sys_eventfd2(const uint64_t arg[6]) {
  return make_event((uint32_t)arg[0], (int)arg[1]);
}

/* ---- timerfd ------------------------------------------------------------- */

/* Times are of uk_now_ns(); a real-time clock that is set later is not
 * followed. */
struct timer {
  clockid_t clock;
  uint64_t next_ns; /* 0: disarmed */
  uint64_t interval_ns;
};

static uint64_t expired(const struct timer *timer) {
  uint64_t now = uk_now_ns();
  if (!timer->next_ns || now < timer->next_ns)
    return 0;
  if (!timer->interval_ns)
    return 1;
  return 1 + (now - timer->next_ns) / timer->interval_ns;
}

static ssize_t timer_read(struct uk_file *file, void *buf, size_t n,
                          int64_t *pos) {
  struct timer *timer = file->priv;
  uint64_t ticks;
  (void)pos;
  if (n < sizeof(ticks))
    return -EINVAL;
  while ((ticks = expired(timer)) == 0) {
    if (file->flags & O_NONBLOCK)
      return -EAGAIN;
    if (uk_sleep(timer, timer->next_ns ? timer->next_ns : UINT64_MAX) == -EINTR)
      return -EINTR;
  }
  if (timer->interval_ns)
    timer->next_ns += ticks * timer->interval_ns;
  else
    timer->next_ns = 0;
  memcpy(buf, &ticks, sizeof(ticks));
  return sizeof(ticks);
}

static unsigned int timer_poll(struct uk_file *file) {
  return expired(file->priv) ? POLLIN : 0;
}

static uint64_t timer_poll_deadline(struct uk_file *file) {
  struct timer *timer = file->priv;
  /* Once it has expired nothing changes until somebody reads. */
  return timer->next_ns && !expired(timer) ? timer->next_ns : UINT64_MAX;
}

static const struct uk_file_ops timer_ops = {
    .read = timer_read,
    .poll = timer_poll,
    .release = priv_release,
    .poll_deadline = timer_poll_deadline,
};

static int64_t sys_timerfd_create(const uint64_t arg[6]) {
  int clock = (int)arg[0], flags = (int)arg[1];
  if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) ||
      (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
       clock != CLOCK_BOOTTIME))
    return -EINVAL;
  struct timer *timer = calloc(1, sizeof(*timer));
  if (!timer)
    return -ENOMEM;
  timer->clock = clock;
  struct uk_file *file =
      uk_file_new(&timer_ops, O_RDWR | (flags & O_NONBLOCK), timer);
  if (!file) {
    free(timer);
    return -ENOMEM;
  }
  uk_file_set_path(file, "anon_inode:[timerfd]");
  return uk_fd_install(file, 0, flags & TFD_CLOEXEC);
}

static int get_timer(int fd, struct timer **out) {
  struct uk_file *file = uk_fd_file(fd);
  if (!file)
    return -EBADF;
  if (file->ops != &timer_ops)
    return -EINVAL;
  *out = file->priv;
  return 0;
}

static int to_ns(const struct timespec *time, uint64_t *ns) {
  if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= NS_PER_S)
    return -EINVAL;
  /* Later than anybody lives is as good as never. */
  uint64_t seconds = (uint64_t)time->tv_sec;
  if (seconds > UINT32_MAX)
    seconds = UINT32_MAX;
  *ns = seconds * (uint64_t)NS_PER_S + (uint64_t)time->tv_nsec;
  return 0;
}

static void current_setting(struct timer *timer, struct itimerspec *out) {
  uint64_t left = 0;
  if (timer->next_ns) {
    uint64_t next = timer->next_ns, now = uk_now_ns();
    if (now >= next && timer->interval_ns)
      next += expired(timer) * timer->interval_ns;
    left = now < next ? next - now : 0;
  }
  out->it_value.tv_sec = (time_t)(left / (uint64_t)NS_PER_S);
  out->it_value.tv_nsec = (long)(left % (uint64_t)NS_PER_S);
  out->it_interval.tv_sec = (time_t)(timer->interval_ns / (uint64_t)NS_PER_S);
  out->it_interval.tv_nsec = (long)(timer->interval_ns % (uint64_t)NS_PER_S);
}

/* A time of the timer's clock on uk_now_ns()'s. */
static uint64_t from_clock(const struct timer *timer, uint64_t ns) {
  struct timespec clock_now;
  clock_gettime(timer->clock, &clock_now);
  uint64_t there = (uint64_t)clock_now.tv_sec * (uint64_t)NS_PER_S +
                   (uint64_t)clock_now.tv_nsec;
  uint64_t now = uk_now_ns();
  return ns > there ? now + (ns - there) : now;
}

static int64_t sys_timerfd_settime(const uint64_t arg[6]) {
  struct itimerspec new_setting, old;
  struct timer *timer;
  uint64_t value, interval;
  if (copy_from_guest(&new_setting, arg[2], sizeof(new_setting)))
    return -EFAULT;
  if ((int)arg[1] & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
    return -EINVAL;
  int err = to_ns(&new_setting.it_value, &value);
  if (!err)
    err = to_ns(&new_setting.it_interval, &interval);
  if (!err)
    err = get_timer((int)arg[0], &timer);
  if (err)
    return err;
  current_setting(timer, &old);
  if (!value)
    timer->next_ns = 0;
  else if ((int)arg[1] & TFD_TIMER_ABSTIME)
    timer->next_ns = from_clock(timer, value);
  else
    timer->next_ns = uk_now_ns() + value;
  timer->interval_ns = interval;
  uk_wakeup(timer); /* waiters have another deadline now */
  return arg[3] ? copy_to_guest(arg[3], &old, sizeof(old)) : 0;
}

static int64_t sys_timerfd_gettime(const uint64_t arg[6]) {
  struct itimerspec setting;
  struct timer *timer;
  int err = get_timer((int)arg[0], &timer);
  if (err)
    return err;
  current_setting(timer, &setting);
  return copy_to_guest(arg[1], &setting, sizeof(setting));
}

const struct uk_syscall_row uk_syscalls_event[] = {
    {283, {"timerfd_create", sys_timerfd_create}},
    {284, {"eventfd", sys_eventfd}},
    {286, {"timerfd_settime", sys_timerfd_settime}},
    {287, {"timerfd_gettime", sys_timerfd_gettime}},
    {290, {"eventfd2", sys_eventfd2}},
    {0, {NULL, NULL}},
};
