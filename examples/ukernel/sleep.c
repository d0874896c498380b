/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sleep.c - who sleeps on what
 *
 * A sleeper names the channels that its condition depends on: addresses, of
 * the objects that are waited for as a rule. Who changes such an object wakes
 * those that named it, and nobody else: code that runs in a sleeper would be
 * seen in its coverage. Signals and the end wake a task whatever it sleeps on.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS 256u /* a power of two */

/* A sleeper on one channel; in the list of the channel's bucket. */
struct wait {
  struct wait *next, **link;
  const void *channel;
  struct uk_sleeper *sleeper;
};

static struct wait *buckets[BUCKETS];

static struct wait **bucket_of(const void *channel) {
  uint64_t hash = (uint64_t)(uintptr_t)channel * UINT64_C(0x9e3779b97f4a7c15);
  return &buckets[hash >> 56 & (BUCKETS - 1)];
}

/* Functions of their own, so that kcov8.ignore can name them. */
static __attribute__((noinline)) void
wait_begin(struct wait *wait, const void *channel, struct uk_sleeper *sleeper) {
  struct wait **first = bucket_of(channel);
  *wait = (struct wait){*first, first, channel, sleeper};
  if (wait->next)
    wait->next->link = &wait->next;
  *first = wait;
}

static __attribute__((noinline)) void wait_end(struct wait *wait) {
  *wait->link = wait->next;
  if (wait->next)
    wait->next->link = wait->link;
}

void sleeper_init(struct uk_sleeper *sleeper) {
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&sleeper->cond, &attr);
  pthread_condattr_destroy(&attr);
}

void sleeper_end(struct uk_sleeper *sleeper) {
  pthread_cond_destroy(&sleeper->cond);
}

void sleeper_wake(struct uk_sleeper *sleeper) {
  sleeper->woken = true;
  pthread_cond_signal(&sleeper->cond);
}

void uk_wakeup(const void *channel) {
  for (struct wait *wait = *bucket_of(channel); wait; wait = wait->next)
    if (wait->channel == channel)
      sleeper_wake(wait->sleeper);
}

/* @wait: @n entries for the channels. */
static int sleep_on(struct uk_sleeper *sleeper, const void *const *channels,
                    struct wait *wait, size_t n, uint64_t deadline_ns) {
  int err = 0;
  sleeper->woken = false;
  for (size_t i = 0; i < n; i++)
    wait_begin(&wait[i], channels[i], sleeper);
  while (!sleeper->woken && !err)
    err = sched_wait_on(&sleeper->cond, deadline_ns);
  for (size_t i = 0; i < n; i++)
    wait_end(&wait[i]);
  return sleeper->woken ? 0 : err;
}

/* Return: -EINTR, if there is no sleeping now. */
static int fall_asleep(struct uk_task *task) {
  kcov8_task_flush(&task->kcov);
  if (signal_waiting(task))
    return -EINTR;
  sched_release(task);
  return 0;
}

static int sleep_task(const void *const *channels, struct wait *wait, size_t n,
                      uint64_t deadline_ns) {
  struct uk_task *task = uk_current();
  int err = fall_asleep(task);
  if (!err)
    err = sleep_on(&task->sleeper, channels, wait, n, deadline_ns);
  return signal_waiting(task) ? -EINTR : err;
}

int uk_sleep(const void *channel, uint64_t deadline_ns) {
  struct wait wait;
  return sleep_task(&channel, &wait, channel != NULL, deadline_ns);
}

int uk_sleep_any(const struct uk_channels *channels, uint64_t deadline_ns) {
  struct wait *wait = calloc(channels->n + 1, sizeof(*wait));
  if (!wait)
    return -ENOMEM;
  int err = sleep_task(channels->v, wait, channels->n, deadline_ns);
  free(wait);
  return err;
}

int uk_channels_add(struct uk_channels *channels, const void *channel) {
  if (!channel)
    return 0;
  if (channels->n == channels->room) {
    size_t room = channels->room ? channels->room * 2 : 16;
    const void **v = realloc(channels->v, room * sizeof(*v));
    if (!v)
      return -ENOMEM;
    channels->v = v;
    channels->room = room;
  }
  channels->v[channels->n++] = channel;
  return 0;
}

void sched_wait(struct uk_task *task, const void *channel) {
  static struct uk_sleeper main_thread = {PTHREAD_COND_INITIALIZER, false};
  struct wait wait;
  if (task) {
    kcov8_task_flush(&task->kcov);
    sched_release(task);
  }
  sleep_on(task ? &task->sleeper : &main_thread, &channel, &wait, 1,
           UINT64_MAX);
}
