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
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

static struct host_file *watched;
static int epoll_fd = -1;

static void host_moved(uint64_t id, uint32_t events) {
  struct host_file *host = watched;
  while (host && host->id != id)
    host = host->next;
  if (!host)
    return; /* closed meanwhile */
  if (events & ~(uint32_t)EPOLLOUT) {
    host->gen[0]++;
    uk_wakeup(&host->gen[0]);
  }
  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
    host->gen[1]++;
    uk_wakeup(&host->gen[1]);
  }
}

static void *watch(void *unused) {
  static struct kcov8_task kcov;
  struct epoll_event event[8];
  (void)unused;
  kcov8_task_init(&kcov);
  kcov8_task_set_current(&kcov);
  for (;;) {
    int n = epoll_wait(epoll_fd, event, 8, -1);
    sched_lock();
    for (int i = 0; i < n; i++)
      host_moved(event[i].data.u64, event[i].events);
    sched_unlock();
  }
  return NULL;
}

static int start(void) {
  pthread_t thread;
  sigset_t all, before;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0)
    return -errno;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int err = pthread_create(&thread, NULL, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!err)
    pthread_detach(thread);
  return -err;
}

int hostpoll_add(struct host_file *host) {
  static uint64_t last_id;
  int err = epoll_fd < 0 ? start() : 0;
  if (err)
    return err;
  struct epoll_event event = {
      .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | (uint32_t)EPOLLET,
      .data.u64 = last_id + 1,
  };
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, host->fd, &event) < 0)
    return errno == EPERM ? 0 : -errno;
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
  epoll_ctl(epoll_fd, EPOLL_CTL_DEL, host->fd, NULL);
}
