/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hostfile.c - the host's descriptors 0, 1, 2 and its terminal as guest files
 *
 * The kernel lock must not be held while the host blocks: a guest sleeps until
 * hostpoll.c says that the host's side moved, and looks again.
 */
#define _GNU_SOURCE
#include "hostfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TERMIOS_BYTES 36 /* the kernel's struct termios */

/* One terminal for all: its settings as found, and its foreground group. */
static int restore_fd = -1;
static char restore_termios[TERMIOS_BYTES];
static int foreground_pgrp;

unsigned int host_poll(struct uk_file *file) {
  struct pollfd p = {.fd = host_of(file)->fd,
                     .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP};
  if (poll(&p, 1, 0) < 0)
    return POLLERR;
  unsigned int ready = (unsigned int)p.revents;
  if (ready & POLLIN)
    ready |= POLLRDNORM;
  if (ready & POLLOUT)
    ready |= POLLWRNORM;
  return ready;
}

/* Until the host is ready for @events; 0, -EAGAIN or -EINTR. */
static int wait_host(struct uk_file *file, unsigned int events) {
  while (!(host_poll(file) & (events | POLLERR | POLLHUP))) {
    if (file->flags & O_NONBLOCK)
      return -EAGAIN;
    int err = uk_sleep(&host_of(file)->gen[events == POLLOUT], UINT64_MAX);
    if (err)
      return err;
  }
  return 0;
}

static ssize_t host_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  int fd = host_of(file)->fd;
  ssize_t got;
  if (n == 0)
    return 0;
  if (pos != &file->pos) {
    got = pread(fd, buf, n, *pos);
    *pos += got > 0 ? got : 0;
    return got < 0 ? -errno : got;
  }
  do {
    int err = wait_host(file, POLLIN);
    if (err)
      return err;
    got = read(fd, buf, n);
  } while (got < 0 && (errno == EAGAIN || errno == EINTR));
  return got < 0 ? -errno : got;
}

static ssize_t host_write(struct uk_file *file, const void *buf, size_t n,
                          int64_t *pos) {
  int fd = host_of(file)->fd;
  size_t done = 0;
  if (pos != &file->pos) {
    ssize_t put = pwrite(fd, buf, n, *pos);
    *pos += put > 0 ? put : 0;
    return put < 0 ? -errno : put;
  }
  while (done < n) {
    int err = wait_host(file, POLLOUT);
    if (err)
      return done ? (ssize_t)done : err;
    /* Ready means room for PIPE_BUF bytes: more could block. */
    size_t part = n - done < PIPE_BUF ? n - done : PIPE_BUF;
    ssize_t put = write(fd, (const char *)buf + done, part);
    if (put < 0) {
      if (errno == EAGAIN || errno == EINTR)
        continue;
      err = -errno;
      if (err == -EPIPE && uk_current())
        uk_send_signal(uk_task_proc(uk_current()), SIGPIPE);
      return done ? (ssize_t)done : err;
    }
    done += (size_t)put;
  }
  return (ssize_t)done;
}

static int64_t host_lseek(struct uk_file *file, int64_t offset, int whence) {
  off_t at = lseek(host_of(file)->fd, offset, whence);
  return at < 0 ? -errno : at;
}

int host_stat(struct uk_file *file, struct stat *st) {
  return fstat(host_of(file)->fd, st) < 0 ? -errno : 0;
}

/* ---- Terminal ------------------------------------------------------------ */

static void restore_terminal(void) {
  if (restore_fd >= 0)
    syscall(SYS_ioctl, restore_fd, TCSETS, restore_termios);
}

static int64_t set_termios(int fd, uint64_t cmd, uint64_t arg) {
  char termios[TERMIOS_BYTES];
  int err = copy_from_guest(termios, arg, sizeof(termios));
  if (err)
    return err;
  if (restore_fd < 0 && syscall(SYS_ioctl, fd, TCGETS, restore_termios) == 0) {
    restore_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    atexit(restore_terminal);
  }
  return syscall(SYS_ioctl, fd, cmd, termios) < 0 ? -errno : 0;
}

static int current_pgrp(int *session) {
  struct uk_proc_info info;
  uk_proc_info(uk_task_proc(uk_current()), &info);
  *session = info.session;
  return info.pgrp;
}

static int64_t tty_ioctl(int fd, uint64_t cmd, uint64_t arg) {
  char termios[TERMIOS_BYTES];
  struct winsize size;
  int session, value;
  switch (cmd) {
  case TCGETS:
    if (syscall(SYS_ioctl, fd, cmd, termios) < 0)
      return -errno;
    return copy_to_guest(arg, termios, sizeof(termios));
  case TCSETS:
  case TCSETSW:
  case TCSETSF:
    return set_termios(fd, cmd, arg);
  case TIOCGWINSZ:
    if (ioctl(fd, TIOCGWINSZ, &size) < 0)
      return -errno;
    return copy_to_guest(arg, &size, sizeof(size));
  case TIOCSWINSZ:
  case TIOCSCTTY:
  case TIOCNOTTY:
  case TCFLSH:
  case TCSBRK:
    return 0;
  case TIOCGPGRP:
    value = current_pgrp(&session);
    if (foreground_pgrp)
      value = foreground_pgrp;
    return copy_to_guest(arg, &value, sizeof(value));
  case TIOCSPGRP:
    if (copy_from_guest(&value, arg, sizeof(value)))
      return -EFAULT;
    if (value <= 0)
      return -EINVAL;
    foreground_pgrp = value;
    return 0;
  case TIOCGSID:
    current_pgrp(&session);
    return copy_to_guest(arg, &session, sizeof(session));
  }
  return -ENOTTY;
}

static int64_t host_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  struct host_file *host = host_of(file);
  if (cmd == FIONREAD) {
    int bytes = 0;
    if (ioctl(host->fd, FIONREAD, &bytes) < 0)
      return -errno;
    return copy_to_guest(arg, &bytes, sizeof(bytes));
  }
  return host->tty ? tty_ioctl(host->fd, cmd, arg) : -ENOTTY;
}

void host_release(struct uk_file *file) {
  struct host_file *host = host_of(file);
  hostpoll_remove(host);
  if (host->owned)
    close(host->fd);
  free(host);
}

/* A file of the host's knows positions, has no waiting, and Linux's epoll
 * refuses it. */
static const struct uk_file_ops host_seekable_ops = {
    .read = host_read,
    .write = host_write,
    .lseek = host_lseek,
    .ioctl = host_ioctl,
    .release = host_release,
    .stat = host_stat,
};

static const struct uk_file_ops host_stream_ops = {
    .read = host_read,
    .write = host_write,
    .ioctl = host_ioctl,
    .poll = host_poll,
    .release = host_release,
    .stat = host_stat,
};

/* A terminal is the guest's /dev/tty, so that ttyname() finds it. */
static struct uk_inode *tty_inode(void) {
  struct uk_inode *tty = NULL;
  struct uk_path top;
  uk_mntns_top(uk_first_mntns, &top);
  const struct uk_mount *dev = uk_mount_find(top.mnt, top.inode, "dev");
  if (dev && dev->root->ops->lookup)
    (void)dev->root->ops->lookup(dev->root, "tty", &tty);
  uk_path_put(&top);
  return tty;
}

/* The path that the host has for it. */
static void name_file(struct uk_file *file, const struct host_file *host) {
  char link[32], path[UK_PATH_MAX];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", host->fd);
  ssize_t n = readlink(link, path, sizeof(path) - 1);
  if (host->tty)
    uk_file_set_path(file, "/dev/tty");
  else if (n > 0)
    uk_file_set_path(file, "%.*s", (int)n, path);
}

static const struct uk_file_ops *classify(struct host_file *host) {
  socklen_t bytes = sizeof(host->type);
  host->tty = isatty(host->fd);
  if (!getsockopt(host->fd, SOL_SOCKET, SO_TYPE, &host->type, &bytes))
    return &uk_host_socket_ops;
  return host->tty || lseek(host->fd, 0, SEEK_CUR) < 0 ? &host_stream_ops
                                                       : &host_seekable_ops;
}

int uk_host_file(int host_fd, int flags, bool owned, struct uk_file **out) {
  struct host_file *host = calloc(1, sizeof(*host));
  if (!host)
    return -ENOMEM;
  host->fd = host_fd;
  const struct uk_file_ops *ops = classify(host);
  int err = ops->poll ? hostpoll_add(host) : 0;
  *out = err ? NULL : uk_file_new(ops, flags, host);
  if (!*out) {
    hostpoll_remove(host);
    free(host);
    return err ? err : -ENOMEM;
  }
  host->owned = owned;
  if (host->id)
    (*out)->poll_gen = host->gen;
  if (host->tty)
    (*out)->inode = tty_inode();
  name_file(*out, host);
  return 0;
}
