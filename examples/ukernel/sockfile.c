/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockfile.c - sockets as files, and their options
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
    ready |= POLLOUT | POLLWRNORM | POLLWRBAND;
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

static int socket_shutdown(struct uk_file *file, int how) {
  struct uk_socket *sock = uk_sock_of(file), *peer = sock->peer;
  bool reads = how != SHUT_WR, writes = how != SHUT_RD;
  sock->no_read |= reads;
  sock->no_write |= writes;
  if (peer && sock->type != SOCK_DGRAM) {
    peer->no_write |= reads;
    peer->no_read |= writes;
  }
  for (int i = 0; i < 2; i++) {
    sock->gen[i]++;
    uk_wakeup(&sock->gen[i]);
    if (peer) {
      peer->gen[i]++;
      uk_wakeup(&peer->gen[i]);
    }
  }
  return 0;
}

static int socket_name(struct uk_file *file, bool peer,
                       struct uk_sockname *name) {
  if (peer && !uk_sock_of(file)->peer)
    return -ENOTCONN;
  name->family = AF_UNIX;
  name->len = sizeof(name->family);
  return 0;
}

/* Nobody listens anywhere: refused, or no such path. */
static int socket_connect(struct uk_file *file,
                          const struct uk_sockname *name) {
  char path[sizeof(name->un.sun_path) + 1] = "";
  struct uk_walk walk;
  (void)file;
  if (name->len < 2 || name->len > sizeof(name->un) || name->family != AF_UNIX)
    return -EINVAL;
  if (name->un.sun_path[0] == '\0')
    return -ECONNREFUSED;
  memcpy(path, name->un.sun_path, sizeof(name->un.sun_path));
  int err = uk_walk(AT_FDCWD, path, UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  uk_walk_end(&walk);
  return -ECONNREFUSED;
}

static bool socket_is_stream(const struct uk_file *file) {
  return uk_sock_of(file)->type == SOCK_STREAM;
}

/* ---- Options ------------------------------------------------------------- */

static int option_value(struct uk_socket *sock, int name, int value[4],
                        uint32_t *bytes) {
  memset(value, 0, 4 * sizeof(*value));
  *bytes = sizeof(int);
  switch (name) {
  case SO_TYPE:
    value[0] = sock->type;
    return 0;
  case SO_DOMAIN:
    value[0] = AF_UNIX;
    return 0;
  case SO_SNDBUF:
  case SO_RCVBUF:
    value[0] = 212992;
    return 0;
  case SO_ERROR:
    value[0] = sock->error;
    sock->error = 0;
    return 0;
  case SO_PROTOCOL:
  case SO_ACCEPTCONN:
  case SO_PASSCRED:
  case SO_KEEPALIVE:
  case SO_REUSEADDR:
  case SO_BROADCAST:
    return 0;
  case SO_PEERCRED:
    value[0] = uk_proc_pid(uk_task_proc(uk_current()));
    *bytes = 3 * sizeof(int);
    return 0;
  case SO_LINGER:
    *bytes = 2 * sizeof(int);
    return 0;
  }
  return -ENOPROTOOPT;
}

static int socket_get(struct uk_file *file, int level, int name, void *value,
                      uint32_t *bytes) {
  struct uk_socket *sock = uk_sock_of(file);
  if (level != SOL_SOCKET)
    return -EOPNOTSUPP;
  if (uk_socktime_get(&sock->time, name, value, bytes))
    return 0;
  return option_value(sock, name, value, bytes);
}

/* Options are checked and have no effect. */
static int socket_set(struct uk_file *file, int level, int name,
                      const void *value, uint32_t bytes) {
  struct uk_socket *sock = uk_sock_of(file);
  int before[4], err;
  if (level != SOL_SOCKET)
    return -EOPNOTSUPP;
  if (bytes < sizeof(int))
    return -EINVAL;
  if (uk_socktime_set(&sock->time, name, value, bytes, &err))
    return err;
  if (!value)
    return -EFAULT;
  return option_value(sock, name, before, &bytes);
}

static const struct uk_proto socket_proto = {
    .connect = socket_connect,
    .name = socket_name,
    .shutdown = socket_shutdown,
    .send = uk_sock_send,
    .recv = uk_sock_recv,
    .get = socket_get,
    .set = socket_set,
    .stream = socket_is_stream,
};

const struct uk_file_ops uk_socket_ops = {
    .read = uk_socket_read,
    .write = uk_socket_write,
    .ioctl = socket_ioctl,
    .poll = socket_poll,
    .release = socket_release,
    .stat = socket_stat,
    .proto = &socket_proto,
};

struct uk_file *uk_sock_new(int family, int flags) {
  int type = flags & 0xf;
  (void)family;
  struct uk_socket *sock = calloc(1, sizeof(*sock));
  if (!sock)
    return NULL;
  sock->type = type == SOCK_RAW ? SOCK_DGRAM : type; /* as Linux's AF_UNIX */
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

int uk_sock_pair(struct uk_file *a, struct uk_file *b) {
  uk_sock_of(a)->peer = uk_sock_of(b);
  uk_sock_of(b)->peer = uk_sock_of(a);
  uk_sock_of(a)->refs++;
  uk_sock_of(b)->refs++;
  return 0;
}
