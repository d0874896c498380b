/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pipe.c - pipes, with and without a name
 *
 * 64 KiB; writes of up to PIPE_BUF bytes are atomic. As on Linux a pipe counts
 * as writable for poll when a page is free, though a smaller write may do.
 */
#define _GNU_SOURCE
#include "ram.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define PIPE_BYTES 65536u

/* Freed when no end is open and no inode names it. */
struct uk_fifo {
  char *ring;
  size_t first, used;
  int readers, writers, named;
  uint64_t reader_opens, writer_opens;
  uint64_t gen[2]; /* arrivals, room */
  uint64_t ino;
};

static struct uk_fifo *fifo_of(struct uk_file *file) { return file->priv; }

static struct uk_fifo *fifo_new(void) {
  if (uk_charge(PIPE_BYTES))
    return NULL;
  struct uk_fifo *fifo = calloc(1, sizeof(*fifo));
  if (fifo)
    fifo->ring = malloc(PIPE_BYTES);
  if (!fifo || !fifo->ring) {
    free(fifo);
    uk_uncharge(PIPE_BYTES);
    return NULL;
  }
  fifo->ino = uk_anon_ino();
  return fifo;
}

static void fifo_drop(struct uk_fifo *fifo) {
  if (fifo->readers || fifo->writers || fifo->named)
    return;
  free(fifo->ring);
  free(fifo);
  uk_uncharge(PIPE_BYTES);
}

/* ---- Reading and writing ------------------------------------------------- */

static size_t take(struct uk_fifo *fifo, char *to, size_t n) {
  if (n > fifo->used)
    n = fifo->used;
  size_t head = PIPE_BYTES - fifo->first;
  if (head > n)
    head = n;
  memcpy(to, fifo->ring + fifo->first, head);
  memcpy(to + head, fifo->ring, n - head);
  fifo->first = (fifo->first + n) % PIPE_BYTES;
  fifo->used -= n;
  return n;
}

static void put(struct uk_fifo *fifo, const char *from, size_t n) {
  size_t at = (fifo->first + fifo->used) % PIPE_BYTES;
  size_t head = PIPE_BYTES - at;
  if (head > n)
    head = n;
  memcpy(fifo->ring + at, from, head);
  memcpy(fifo->ring, from + head, n - head);
  fifo->used += n;
}

static ssize_t pipe_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  struct uk_fifo *fifo = fifo_of(file);
  (void)pos;
  if (n == 0)
    return 0;
  while (fifo->used == 0) {
    if (fifo->writers == 0)
      return 0;
    if (file->flags & O_NONBLOCK)
      return -EAGAIN;
    int err = uk_sleep(&fifo->gen[0], UINT64_MAX);
    if (err == -EINTR)
      return err;
  }
  n = take(fifo, buf, n);
  fifo->gen[1]++;
  uk_wakeup(&fifo->gen[1]);
  return (ssize_t)n;
}

static ssize_t broken_pipe(size_t done) {
  uk_send_signal(uk_task_proc(uk_current()), SIGPIPE);
  return done ? (ssize_t)done : -EPIPE;
}

static ssize_t pipe_write(struct uk_file *file, const void *buf, size_t n,
                          int64_t *pos) {
  struct uk_fifo *fifo = fifo_of(file);
  size_t done = 0;
  (void)pos;
  if (n == 0)
    return 0;
  for (;;) {
    if (fifo->readers == 0)
      return broken_pipe(done);
    size_t room = PIPE_BYTES - fifo->used, left = n - done;
    if (n <= PIPE_BUF ? room >= n : room > 0) {
      size_t part = left < room ? left : room;
      put(fifo, (const char *)buf + done, part);
      done += part;
      fifo->gen[0]++;
      uk_wakeup(&fifo->gen[0]);
      if (done == n)
        return (ssize_t)done;
    }
    if (file->flags & O_NONBLOCK)
      return done ? (ssize_t)done : -EAGAIN;
    int err = uk_sleep(&fifo->gen[1], UINT64_MAX);
    if (err == -EINTR)
      return done ? (ssize_t)done : err;
  }
}

static int64_t pipe_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  if (cmd != FIONREAD)
    return -ENOTTY;
  int bytes = (int)fifo_of(file)->used;
  return copy_to_guest(arg, &bytes, sizeof(bytes));
}

static unsigned int pipe_poll(struct uk_file *file) {
  struct uk_fifo *fifo = fifo_of(file);
  unsigned int ready = 0;
  if (uk_file_reads(file)) {
    if (fifo->used)
      ready |= POLLIN | POLLRDNORM;
    /* @pos: a named pipe opened before any writer came has not hung up. */
    if (!fifo->writers && (uint64_t)file->pos != fifo->writer_opens)
      ready |= POLLHUP;
  }
  if (uk_file_writes(file)) {
    if (PIPE_BYTES - fifo->used >= PIPE_BUF)
      ready |= POLLOUT | POLLWRNORM;
    if (!fifo->readers)
      ready |= POLLERR;
  }
  return ready;
}

static void fifo_close(struct uk_fifo *fifo, bool reads, bool writes) {
  fifo->readers -= reads;
  fifo->writers -= writes;
  fifo->gen[0]++;
  fifo->gen[1]++;
  if (!fifo->readers && !fifo->writers)
    fifo->used = 0;
  uk_wakeup(&fifo->gen[0]);
  uk_wakeup(&fifo->gen[1]);
  fifo_drop(fifo);
}

static void pipe_release(struct uk_file *file) {
  fifo_close(fifo_of(file), uk_file_reads(file), uk_file_writes(file));
}

static int pipe_stat(struct uk_file *file, struct stat *st) {
  uk_stat_anon(st, S_IFIFO | 0600, fifo_of(file)->ino);
  return 0;
}

const struct uk_file_ops uk_pipe_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .release = pipe_release,
    .stat = pipe_stat,
};

static struct uk_file *new_end(struct uk_fifo *fifo, int flags) {
  struct uk_file *file = uk_file_new(&uk_pipe_ops, flags, fifo);
  if (!file)
    return NULL;
  fifo->readers += uk_file_reads(file);
  fifo->writers += uk_file_writes(file);
  fifo->reader_opens += uk_file_reads(file);
  fifo->writer_opens += uk_file_writes(file);
  file->pos = -1;
  file->poll_gen = fifo->gen;
  return file;
}

/* ---- Named pipes --------------------------------------------------------- */

/* Until the other side opens too. */
static int wait_partner(const uint64_t *opens, const int *partners) {
  uint64_t before = *opens;
  while (*partners == 0 && *opens == before) {
    int err = uk_sleep(opens, UINT64_MAX);
    if (err == -EINTR)
      return err;
  }
  return 0;
}

int uk_fifo_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  struct ram_node *node = inode->priv;
  if (!node->fifo) {
    node->fifo = fifo_new();
    if (!node->fifo)
      return -ENOMEM;
    node->fifo->named = 1;
  }
  struct uk_fifo *fifo = node->fifo;
  int mode = flags & O_ACCMODE;
  if (mode == O_WRONLY && (flags & O_NONBLOCK) && !fifo->readers)
    return -ENXIO;
  struct uk_file *file = new_end(fifo, flags);
  if (!file)
    return -ENOMEM;
  file->inode = uk_inode_get(inode);
  if (uk_file_reads(file))
    uk_wakeup(&fifo->reader_opens);
  if (uk_file_writes(file))
    uk_wakeup(&fifo->writer_opens);
  int err = 0;
  if (mode == O_WRONLY)
    err = wait_partner(&fifo->reader_opens, &fifo->readers);
  else if (mode == O_RDONLY && (flags & O_NONBLOCK) && !fifo->writers)
    file->pos = (int64_t)fifo->writer_opens;
  else if (mode == O_RDONLY && !(flags & O_NONBLOCK))
    err = wait_partner(&fifo->writer_opens, &fifo->writers);
  if (err)
    uk_file_put(file);
  else
    *out = file;
  return err;
}

void uk_fifo_release(struct uk_inode *inode) {
  struct ram_node *node = inode->priv;
  if (node->fifo) {
    node->fifo->named = 0;
    fifo_drop(node->fifo);
  }
}

/* ---- System calls -------------------------------------------------------- */

static int64_t make_pipe(uint64_t addr, int flags) {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK))
    return -EINVAL; /* O_DIRECT packets: not here */
  struct uk_fifo *fifo = fifo_new();
  if (!fifo)
    return -ENOMEM;
  struct uk_file *in = new_end(fifo, O_RDONLY | (flags & O_NONBLOCK));
  struct uk_file *out = new_end(fifo, O_WRONLY | (flags & O_NONBLOCK));
  if (!in || !out) {
    if (!in && !out)
      fifo_drop(fifo);
    uk_file_put(in);
    uk_file_put(out);
    return -ENOMEM;
  }
  uk_file_set_path(in, "pipe:[%llu]", (unsigned long long)fifo->ino);
  uk_file_set_path(out, "pipe:[%llu]", (unsigned long long)fifo->ino);
  int fd[2];
  fd[0] = uk_fd_install(in, 0, flags & O_CLOEXEC);
  if (fd[0] < 0) {
    uk_file_put(out);
    return fd[0];
  }
  fd[1] = uk_fd_install(out, 0, flags & O_CLOEXEC);
  int err = fd[1] < 0 ? fd[1] : copy_to_guest(addr, fd, sizeof(fd));
  if (err) {
    uk_fd_close(uk_files_current(), fd[0]);
    if (fd[1] >= 0)
      uk_fd_close(uk_files_current(), fd[1]);
  }
  return err;
}

static int64_t sys_pipe(const uint64_t arg[6]) { return make_pipe(arg[0], 0); }

static int64_t sys_pipe2(const uint64_t arg[6]) {
  return make_pipe(arg[0], (int)arg[1]);
}

const struct uk_syscall_row uk_syscalls_pipe[] = {
    {22, {"pipe", sys_pipe}},
    {293, {"pipe2", sys_pipe2}},
    {0, {NULL, NULL}},
};
