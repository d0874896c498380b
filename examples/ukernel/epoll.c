/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * epoll.c - epoll: level, edge, one-shot, nested
 *
 * An item does not keep its file alive: the file's end removes it. An edge is
 * a change of the file's poll_gen counters since the item was last reported,
 * or, for files without them, a bit that was not there at the last look.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define MAX_NESTS 4 /* Linux's EP_MAX_NESTS */
#define REPORT_MAX 1024
#define IN_EVENTS (EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLRDBAND | EPOLLRDHUP)
#define OUT_EVENTS (EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND)
#define FLAG_BITS                                                              \
  ((uint32_t)EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)

struct item {
  struct item *next;
  int fd;
  struct uk_file *file; /* borrowed */
  uint32_t events;      /* 0 but for flags: a spent one-shot */
  uint64_t data;
  bool armed; /* edge: report whatever is there */
  uint64_t gen[2];
  uint32_t seen;
};

struct epoll {
  struct epoll *next; /* all of them */
  struct item *first;
  uint64_t scan; /* of the last look by a poll, and its answer */
  unsigned int ready;
  uint64_t walk; /* the last one that came by */
};

static struct epoll *all;

static const struct uk_file_ops epoll_ops;

static struct epoll *epoll_of(const struct uk_file *file) {
  return file->ops == &epoll_ops ? file->priv : NULL;
}

/* A walk looks at each instance once, as a poll does. False: it has been here.
 */
static int walk_depth;

static bool walk_into(struct epoll *ep) {
  static uint64_t walk;
  if (walk_depth == 0)
    walk++;
  else if (ep->walk == walk)
    return false;
  ep->walk = walk;
  walk_depth++;
  return true;
}

/* ---- Readiness ----------------------------------------------------------- */

/* What came to a file; to an instance, all that came to its files. */
static void add_gen(struct uk_file *file, uint64_t gen[2]) {
  struct epoll *ep = epoll_of(file);
  if (file->poll_gen) {
    gen[0] += file->poll_gen[0];
    gen[1] += file->poll_gen[1];
  } else if (ep && walk_into(ep)) {
    for (struct item *item = ep->first; item; item = item->next)
      add_gen(item->file, gen);
    walk_depth--;
  }
}

static bool has_edge(const struct item *item, uint32_t ready) {
  uint64_t gen[2] = {0, 0};
  if (item->armed)
    return true;
  add_gen(item->file, gen);
  if (!item->file->poll_gen && (ready & ~item->seen))
    return true;
  return ((item->events & IN_EVENTS) && gen[0] != item->gen[0]) ||
         ((item->events & OUT_EVENTS) && gen[1] != item->gen[1]);
}

/* Events to report now; no state changes but what is seen to be gone. */
static uint32_t item_ready(struct item *item) {
  if (!(item->events & ~FLAG_BITS))
    return 0;
  uint32_t ready = uk_file_poll(item->file) & (item->events & ~FLAG_BITS);
  if (item->events & (uint32_t)EPOLLET) {
    item->seen &= ready;
    if (ready && !has_edge(item, ready))
      return 0;
  }
  return ready;
}

static void item_reported(struct item *item, uint32_t ready) {
  item->armed = false;
  item->seen |= ready;
  memset(item->gen, 0, sizeof(item->gen));
  add_gen(item->file, item->gen);
  if (item->events & EPOLLONESHOT)
    item->events &= FLAG_BITS;
}

/* As a file in another epoll. Each instance is looked at once per poll from
 * outside, so that a lattice of them costs no more than its size. */
static unsigned int epoll_poll(struct uk_file *file) {
  static uint64_t scan;
  static int depth;
  struct epoll *ep = file->priv;
  if (depth == 0)
    scan++;
  else if (ep->scan == scan)
    return ep->ready;
  ep->scan = scan;
  ep->ready = 0;
  depth++;
  for (struct item *item = ep->first; item && !ep->ready; item = item->next)
    if (item_ready(item))
      ep->ready = POLLIN | POLLRDNORM;
  depth--;
  return ep->ready;
}

static uint64_t epoll_poll_deadline(struct uk_file *file) {
  uint64_t first = UINT64_MAX;
  struct epoll *ep = file->priv;
  if (!walk_into(ep))
    return first;
  for (struct item *item = ep->first; item; item = item->next) {
    uint64_t at = uk_file_poll_deadline(item->file);
    if (at < first)
      first = at;
  }
  walk_depth--;
  return first;
}

static int epoll_channels(struct uk_file *file, struct uk_channels *channels) {
  struct epoll *ep = file->priv;
  if (!walk_into(ep))
    return 0;
  int err = uk_channels_add(channels, ep);
  for (struct item *item = ep->first; item && !err; item = item->next)
    if (item->events & ~FLAG_BITS)
      err = uk_file_channels(item->file, item->events, channels);
  walk_depth--;
  return err;
}

/* ---- Life ---------------------------------------------------------------- */

static void remove_items(struct epoll *ep, const struct uk_file *file) {
  struct item **at = &ep->first;
  while (*at) {
    struct item *item = *at;
    if (!file || item->file == file) {
      *at = item->next;
      free(item);
      uk_uncharge(UK_COST_FILE);
    } else {
      at = &item->next;
    }
  }
}

void uk_epoll_forget(struct uk_file *file) {
  if (!file->watched)
    return;
  for (struct epoll *ep = all; ep; ep = ep->next)
    remove_items(ep, file);
}

static void epoll_release(struct uk_file *file) {
  struct epoll *ep = file->priv;
  struct epoll **at = &all;
  while (*at != ep)
    at = &(*at)->next;
  *at = ep->next;
  remove_items(ep, NULL);
  free(ep);
}

static const struct uk_file_ops epoll_ops = {
    .poll = epoll_poll,
    .release = epoll_release,
    .poll_deadline = epoll_poll_deadline,
    .channels = epoll_channels,
};

/* ---- epoll_ctl ----------------------------------------------------------- */

/* Looks that one epoll_ctl may take: a lattice of instances has more paths
 * than anybody can wait for. */
static int budget;

/* Levels of instances in @ep; above the limit if @target is among them. */
static int levels_below(const struct epoll *ep, const struct epoll *target,
                        int limit) {
  int most = 0;
  if (ep == target || limit < 0)
    return MAX_NESTS + 1;
  for (struct item *item = ep->first; item; item = item->next) {
    const struct epoll *inner = epoll_of(item->file);
    if (--budget < 0)
      return MAX_NESTS + 1;
    int levels = inner ? 1 + levels_below(inner, target, limit - 1) : 0;
    if (levels > most)
      most = levels;
    if (most > MAX_NESTS)
      break;
  }
  return most;
}

static int levels_above(const struct epoll *ep, int limit) {
  int most = 0;
  if (limit < 0)
    return MAX_NESTS + 1;
  for (struct epoll *other = all; other; other = other->next)
    for (struct item *item = other->first; item; item = item->next) {
      if (--budget < 0)
        return MAX_NESTS + 1;
      if (epoll_of(item->file) == ep) {
        int levels = 1 + levels_above(other, limit - 1);
        if (levels > most)
          most = levels;
        if (most > MAX_NESTS)
          return most;
      }
    }
  return most;
}

static int add_item(struct epoll *ep, int fd, struct uk_file *file,
                    const struct epoll_event *event) {
  const struct epoll *inner = epoll_of(file);
  budget = 100000;
  if (inner &&
      levels_below(inner, ep, MAX_NESTS) + levels_above(ep, MAX_NESTS) + 1 >
          MAX_NESTS)
    return -ELOOP;
  struct item *item = uk_charge(UK_COST_FILE) ? NULL : calloc(1, sizeof(*item));
  if (!item)
    return -ENOMEM;
  item->fd = fd;
  item->file = file;
  item->events = event->events | EPOLLERR | EPOLLHUP;
  item->data = event->data.u64;
  item->armed = true;
  file->watched = true;
  struct item **at = &ep->first;
  while (*at)
    at = &(*at)->next;
  *at = item;
  return 0;
}

static int change(struct epoll *ep, int op, int fd, struct uk_file *file,
                  const struct epoll_event *event) {
  struct item **at = &ep->first;
  while (*at && ((*at)->fd != fd || (*at)->file != file))
    at = &(*at)->next;
  struct item *item = *at;
  if (op == EPOLL_CTL_ADD)
    return item ? -EEXIST : add_item(ep, fd, file, event);
  if (op != EPOLL_CTL_DEL && op != EPOLL_CTL_MOD)
    return -EINVAL;
  if (!item)
    return -ENOENT;
  if (op == EPOLL_CTL_DEL) {
    *at = item->next;
    free(item);
    uk_uncharge(UK_COST_FILE);
  } else {
    if (item->events & EPOLLEXCLUSIVE)
      return -EINVAL;
    item->events = event->events | EPOLLERR | EPOLLHUP;
    item->data = event->data.u64;
    item->armed = true;
  }
  return 0;
}

static int64_t sys_epoll_ctl(const uint64_t arg[6]) {
  int op = (int)arg[1], fd = (int)arg[2];
  struct epoll_event event = {.events = 0};
  if (op != EPOLL_CTL_DEL && copy_from_guest(&event, arg[3], sizeof(event)))
    return -EFAULT;
  struct uk_file *self = uk_fd_file((int)arg[0]);
  struct uk_file *file = uk_fd_file(fd);
  if (!self || !file || (file->flags & UK_O_PATH))
    return -EBADF;
  if (!file->ops->poll)
    return -EPERM;
  struct epoll *ep = epoll_of(self);
  if (!ep || self == file)
    return -EINVAL;
  if (event.events & EPOLLEXCLUSIVE) {
    if (op == EPOLL_CTL_MOD || epoll_of(file) ||
        (event.events &
         ~(FLAG_BITS | EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP)) ||
        (event.events & EPOLLONESHOT))
      return -EINVAL;
  }
  int err = change(ep, op, fd, file, &event);
  uk_wakeup(ep); /* others may be waiting on this instance */
  return err;
}

/* ---- epoll_wait ---------------------------------------------------------- */

/* Reported items go to the end, so that a small @max starves none. */
static int collect(struct epoll *ep, struct epoll_event *out, int max) {
  struct item *reported = NULL, **reported_end = &reported;
  struct item **at = &ep->first;
  int n = 0;
  while (*at) {
    struct item *item = *at;
    uint32_t ready = n < max ? item_ready(item) : 0;
    if (!ready) {
      at = &item->next;
      continue;
    }
    out[n].events = ready;
    out[n++].data.u64 = item->data;
    item_reported(item, ready);
    *at = item->next;
    item->next = NULL;
    *reported_end = item;
    reported_end = &item->next;
  }
  *at = reported;
  return n;
}

static int sleep_on(struct uk_file *file, uint64_t deadline) {
  struct uk_channels channels = {NULL, 0, 0};
  int err = epoll_channels(file, &channels);
  if (!err)
    err = uk_sleep_any(&channels, deadline);
  free(channels.v);
  return err;
}

static int64_t wait_events(struct uk_file *file, uint64_t addr, int max,
                           uint64_t deadline) {
  if (max > REPORT_MAX)
    max = REPORT_MAX;
  struct epoll_event *out = malloc((size_t)max * sizeof(*out));
  if (!out)
    return -ENOMEM;
  int64_t n;
  for (;;) {
    n = collect(file->priv, out, max);
    if (n || deadline == 0 || uk_now_ns() >= deadline)
      break;
    uint64_t again = epoll_poll_deadline(file);
    int err = sleep_on(file, deadline < again ? deadline : again);
    if (err && err != -ETIMEDOUT) {
      n = err;
      break;
    }
  }
  if (n > 0 && copy_to_guest(addr, out, (size_t)n * sizeof(*out)))
    n = -EFAULT;
  free(out);
  return n;
}

static int64_t do_wait(const uint64_t arg[6], uint64_t deadline) {
  int max = (int)arg[2];
  struct uk_file *file = uk_fd_get((int)arg[0]);
  if (!file)
    return -EBADF;
  int64_t result = -EINVAL;
  if (max > 0 && max <= (int)(INT_MAX / sizeof(struct epoll_event)) &&
      epoll_of(file))
    result = wait_events(file, arg[1], max, deadline);
  uk_file_put(file);
  return result;
}

static int64_t sys_epoll_wait(const uint64_t arg[6]) {
  return do_wait(arg, uk_deadline_ms((int)arg[3]));
}

static int64_t sys_epoll_pwait(const uint64_t arg[6]) {
  int err = uk_mask_from_guest(arg[4], arg[5]);
  return err ? err : do_wait(arg, uk_deadline_ms((int)arg[3]));
}

static int64_t sys_epoll_pwait2(const uint64_t arg[6]) {
  uint64_t deadline;
  int err = uk_deadline_from_guest(arg[3], &deadline);
  if (!err)
    err = uk_mask_from_guest(arg[4], arg[5]);
  return err ? err : do_wait(arg, deadline);
}

static int64_t create(int flags) {
  struct epoll *ep = calloc(1, sizeof(*ep));
  if (!ep)
    return -ENOMEM;
  struct uk_file *file = uk_file_new(&epoll_ops, O_RDWR, ep);
  if (!file) {
    free(ep);
    return -ENOMEM;
  }
  ep->next = all;
  all = ep;
  uk_file_set_path(file, "anon_inode:[eventpoll]");
  return uk_fd_install(file, 0, flags & EPOLL_CLOEXEC);
}

static int64_t sys_epoll_create(const uint64_t arg[6]) {
  return (int)arg[0] <= 0 ? -EINVAL : create(0);
}

static int64_t sys_epoll_create1(const uint64_t arg[6]) {
  return (int)arg[0] & ~EPOLL_CLOEXEC ? -EINVAL : create((int)arg[0]);
}

const struct uk_syscall_row uk_syscalls_epoll[] = {
    {213, {"epoll_create", sys_epoll_create}},
    {232, {"epoll_wait", sys_epoll_wait}},
    {233, {"epoll_ctl", sys_epoll_ctl}},
    {281, {"epoll_pwait", sys_epoll_pwait}},
    {291, {"epoll_create1", sys_epoll_create1}},
    {441, {"epoll_pwait2", sys_epoll_pwait2}},
    {0, {NULL, NULL}},
};
