/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockfile.c - sockets as files; socket, socketpair, shutdown
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void socket_put(struct uk_socket *sock) {
  if (sock && --sock->refs == 0)
    free(sock);
}

int uk_socket_get(int fd, struct uk_file **out) {
  *out = uk_fd_get(fd);
  if (!*out)
    return -EBADF;
  if ((*out)->ops == &uk_socket_ops)
    return 0;
  uk_file_put(*out);
  return -ENOTSOCK;
}

static ssize_t socket_read(struct uk_file *file, void *buf, size_t n,
                           int64_t *pos) {
  struct uk_file *fds[UK_SCM_MAX];
  size_t n_fds, full;
  (void)pos;
  if (n == 0 && uk_sock_of(file)->type == SOCK_STREAM)
    return 0;
  ssize_t got = uk_socket_recv(file, buf, n, 0, fds, &n_fds, &full);
  while (n_fds)
    uk_file_put(fds[--n_fds]);
  return got;
}

static ssize_t socket_write(struct uk_file *file, const void *buf, size_t n,
                            int64_t *pos) {
  (void)pos;
  return uk_socket_send(file, buf, n, 0, NULL, 0);
}

static int64_t socket_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  struct uk_socket *sock = uk_sock_of(file);
  int bytes = 0;
  if (cmd != FIONREAD && cmd != TIOCOUTQ)
    return -ENOTTY;
  if (cmd == TIOCOUTQ)
    bytes = sock->peer ? (int)sock->peer->queued : 0;
  else
    for (struct message *m = sock->first; m; m = m->next) {
      bytes += (int)(m->len - m->done);
      if (sock->type != SOCK_STREAM)
        break;
    }
  return copy_to_guest(arg, &bytes, sizeof(bytes));
}

static unsigned int socket_poll(struct uk_file *file) {
  struct uk_socket *sock = uk_sock_of(file), *peer = sock->peer;
  unsigned int ready = 0;
  if (sock->error)
    ready |= POLLERR;
  if (sock->first || sock->no_read)
    ready |= POLLIN | POLLRDNORM;
  if (sock->no_read)
    ready |= POLLRDHUP;
  if (sock->no_read && sock->no_write)
    ready |= POLLHUP;
  if (!peer && sock->type != SOCK_DGRAM)
    ready |= POLLHUP;
  if (!peer || !peer->open || peer->queued * 4 <= QUEUE_BYTES)
    ready |= POLLOUT | POLLWRNORM;
  return ready;
}

static void socket_release(struct uk_file *file) {
  struct uk_socket *sock = uk_sock_of(file), *peer = sock->peer;
  bool unread = sock->first != NULL;
  sock->open = false;
  if (peer) {
    if (sock->type != SOCK_DGRAM) {
      peer->no_read = peer->no_write = true;
      if (unread && peer->open)
        peer->error = ECONNRESET;
    }
    peer->gen[0]++;
    peer->gen[1]++;
    uk_wakeup(&peer->gen[0]);
    uk_wakeup(&peer->gen[1]);
  }
  struct message *unseen = NULL;
  uk_sock_take_queue(sock, &unseen);
  uk_sock_unlink(sock);
  sock->peer = NULL;
  socket_put(peer);
  socket_put(sock);
  uk_sock_free_messages(unseen);
}

static int socket_stat(struct uk_file *file, struct stat *st) {
  uk_stat_anon(st, S_IFSOCK | 0777, uk_sock_of(file)->ino);
  return 0;
}

const struct uk_file_ops uk_socket_ops = {
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
    .poll = socket_poll,
    .release = socket_release,
    .stat = socket_stat,
};

static struct uk_file *new_socket(int type, int flags) {
  struct uk_socket *sock = calloc(1, sizeof(*sock));
  if (!sock)
    return NULL;
  sock->type = type;
  sock->refs = 1;
  sock->end = &sock->first;
  sock->open = true;
  sock->ino = uk_anon_ino();
  struct uk_file *file =
      uk_file_new(&uk_socket_ops, O_RDWR | (flags & O_NONBLOCK), sock);
  if (!file) {
    free(sock);
    return NULL;
  }
  file->poll_gen = sock->gen;
  uk_sock_link(sock, file);
  uk_file_set_path(file, "socket:[%llu]", (unsigned long long)sock->ino);
  return file;
}

/* ---- System calls -------------------------------------------------------- */

static int check_type(int domain, int type, int protocol) {
  if (type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC))
    return -EINVAL;
  if (domain != AF_UNIX)
    return -EAFNOSUPPORT;
  if (protocol && protocol != AF_UNIX)
    return -EPROTONOSUPPORT;
  type &= 0xf;
  if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
    return -ESOCKTNOSUPPORT;
  return 0;
}

static int64_t sys_socket(const uint64_t arg[6]) {
  int type = (int)arg[1];
  int err = check_type((int)arg[0], type, (int)arg[2]);
  if (err)
    return err;
  struct uk_file *file = new_socket(type & 0xf, type);
  return file ? uk_fd_install(file, 0, type & SOCK_CLOEXEC) : -ENOMEM;
}

static int64_t sys_socketpair(const uint64_t arg[6]) {
  int type = (int)arg[1], fd[2];
  int err = check_type((int)arg[0], type, (int)arg[2]);
  if (err)
    return err;
  struct uk_file *a = new_socket(type & 0xf, type);
  struct uk_file *b = new_socket(type & 0xf, type);
  if (!a || !b) {
    uk_file_put(a);
    uk_file_put(b);
    return -ENOMEM;
  }
  uk_sock_of(a)->peer = uk_sock_of(b);
  uk_sock_of(b)->peer = uk_sock_of(a);
  uk_sock_of(a)->refs++;
  uk_sock_of(b)->refs++;
  fd[0] = uk_fd_install(a, 0, type & SOCK_CLOEXEC);
  if (fd[0] < 0) {
    uk_file_put(b);
    return fd[0];
  }
  fd[1] = uk_fd_install(b, 0, type & SOCK_CLOEXEC);
  err = fd[1] < 0 ? fd[1] : copy_to_guest(arg[3], fd, sizeof(fd));
  if (err) {
    uk_fd_close(uk_files_current(), fd[0]);
    if (fd[1] >= 0)
      uk_fd_close(uk_files_current(), fd[1]);
  }
  return err;
}

static int64_t sys_shutdown(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  unsigned int how = (unsigned int)arg[1];
  if (!file)
    return -EBADF;
  if (file->ops != &uk_socket_ops)
    return -ENOTSOCK;
  if (how > SHUT_RDWR)
    return -EINVAL;
  struct uk_socket *sock = uk_sock_of(file), *peer = sock->peer;
  if (!peer)
    return -ENOTCONN;
  bool reads = how != SHUT_WR, writes = how != SHUT_RD;
  sock->no_read |= reads;
  sock->no_write |= writes;
  if (sock->type != SOCK_DGRAM) {
    peer->no_write |= reads;
    peer->no_read |= writes;
  }
  for (int i = 0; i < 2; i++) {
    sock->gen[i]++;
    peer->gen[i]++;
    uk_wakeup(&sock->gen[i]);
    uk_wakeup(&peer->gen[i]);
  }
  return 0;
}

const struct uk_syscall_row uk_syscalls_socket[] = {
    {41, {"socket", sys_socket}},
    {48, {"shutdown", sys_shutdown}},
    {53, {"socketpair", sys_socketpair}},
    {0, {NULL, NULL}},
};
