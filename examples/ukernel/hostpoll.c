/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hostpoll.c - wakes those that wait for a descriptor of the host
 *
 * A thread sleeps in the host's epoll, without the kernel lock. Descriptors
 * stay in it, edge-triggered: each arrival is told once, whether or not anybody
 * waits for it. A sleeper has looked with the kernel lock held, so what comes
 * after that finds it asleep.
 */
#define _GNU_SOURCE
#include "hostfile.h"
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

/*
 * What came and room for more are watched apart: an edge tells all that is
 * true, so an epoll for both would take room that came back for an arrival.
 */
enum { CAME, ROOM, SIDES };
static const uint32_t side_events[SIDES] = {
    [CAME] = EPOLLIN | EPOLLRDHUP,
    [ROOM] = EPOLLOUT,
};

static struct host_file *watched;
static int epoll_fd[SIDES] = {-1, -1};

static void host_moved(uint64_t id, int side) {
  struct host_file *host = watched;
  while (host && host->id != id)
    host = host->next;
  if (!host)
    return; /* closed meanwhile */
  host->gen[side]++;
  uk_wakeup(&host->gen[side]);
}

static void *watch(void *unused) {
  static struct kcov8_task kcov;
  struct pollfd ready[SIDES] = {{epoll_fd[CAME], POLLIN, 0},
                                {epoll_fd[ROOM], POLLIN, 0}};
  struct epoll_event event[8];
  (void)unused;
  kcov8_task_init(&kcov);
  kcov8_task_set_current(&kcov);
  for (;;) {
    poll(ready, SIDES, -1);
    for (int side = 0; side < SIDES; side++) {
      int n = epoll_wait(epoll_fd[side], event, 8, 0);
      sched_lock();
      for (int i = 0; i < n; i++)
        host_moved(event[i].data.u64, side);
      sched_unlock();
    }
  }
  return NULL;
}

static int start(void) {
  pthread_t thread;
  sigset_t all, before;
  for (int side = 0; side < SIDES; side++) {
    epoll_fd[side] = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd[side] < 0)
      return -errno;
  }
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int err = pthread_create(&thread, NULL, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!err)
    pthread_detach(thread);
  return -err;
}

static void forget(const struct host_file *host) {
  for (int side = 0; side < SIDES; side++)
    epoll_ctl(epoll_fd[side], EPOLL_CTL_DEL, host->fd, NULL);
}

int hostpoll_add(struct host_file *host) {
  static uint64_t last_id;
  int err = epoll_fd[ROOM] < 0 ? start() : 0;
  if (err)
    return err;
  for (int side = 0; side < SIDES; side++) {
    struct epoll_event event = {
        .events = side_events[side] | (uint32_t)EPOLLET,
        .data.u64 = last_id + 1,
    };
    if (epoll_ctl(epoll_fd[side], EPOLL_CTL_ADD, host->fd, &event) < 0) {
      err = errno == EPERM ? 0 : -errno;
      forget(host);
      return err;
    }
  }
  host->id = ++last_id;
  host->next = watched;
  watched = host;
  return 0;
}

void hostpoll_remove(struct host_file *host) {
  struct host_file **at = &watched;
  if (!host->id)
    return;
  while (*at != host)
    at = &(*at)->next;
  *at = host->next;
  forget(host);
}
