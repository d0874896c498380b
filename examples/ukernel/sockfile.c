/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockfile.c - sockets as files: from the first reference to the last
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

struct uk_socket *uk_sock_alloc(const struct uk_domain *domain, int type,
                                int protocol) {
  if (uk_charge(SOCKET_COST))
    return NULL;
  struct uk_socket *sock = calloc(1, sizeof(*sock));
  if (!sock) {
    uk_uncharge(SOCKET_COST);
    return NULL;
  }
  sock->domain = domain;
  sock->type = sock->told_type = type;
  sock->protocol = protocol;
  sock->refs = 1;
  sock->end = &sock->first;
  sock->waiting_end = &sock->waiting;
  sock->open = true;
  sock->ino = uk_anon_ino();
  sock->sndbuf = sock->rcvbuf = (int)QUEUE_BYTES;
  sock->peer_cred = (struct ucred){0, ~0u, ~0u};
  return sock;
}

void uk_sock_put(struct uk_socket *sock) {
  if (!sock || --sock->refs > 0)
    return;
  free(sock);
  uk_uncharge(SOCKET_COST);
}

void uk_sock_changed(struct uk_socket *sock) {
  for (int i = 0; i < 2; i++) {
    sock->gen[i]++;
    uk_wakeup(&sock->gen[i]);
  }
  uk_wakeup(&sock->room);
}

/* ---- Operations ---------------------------------------------------------- */

static int64_t socket_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  struct uk_socket *sock = uk_sock_of(file);
  int bytes = 0;
  if (cmd != FIONREAD && cmd != TIOCOUTQ)
    return -ENOTTY;
  if (cmd == TIOCOUTQ) {
    bytes = sock->peer ? (int)sock->peer->queued : 0;
  } else {
    if (sock->state == SOCK_LISTENS)
      return -EINVAL;
    for (struct message *m = sock->first; m; m = m->next) {
      bytes += (int)(m->len - m->done);
      if (sock->type == SOCK_DGRAM)
        break;
    }
  }
  return copy_to_guest(arg, &bytes, sizeof(bytes));
}

static bool writable(const struct uk_socket *sock) {
  const struct uk_socket *peer = sock->peer;
  if (sock->state == SOCK_LISTENS)
    return false;
  if (!peer || !peer->open || (sock->no_write && uk_sock_tcp(sock)))
    return true;
  return peer->queued * 4 <= (size_t)sock->sndbuf && !uk_sock_full(sock, peer);
}

static unsigned int socket_poll(struct uk_file *file) {
  struct uk_socket *sock = uk_sock_of(file);
  unsigned int ready = 0;
  if (sock->error)
    ready |= POLLERR;
  if (sock->first || sock->waiting || sock->no_read)
    ready |= POLLIN | POLLRDNORM;
  if (sock->no_read)
    ready |= POLLRDHUP;
  if (sock->no_read && sock->no_write)
    ready |= POLLHUP;
  if (sock->state == SOCK_CLOSED && sock->type != SOCK_DGRAM)
    ready |= POLLHUP;
  if (writable(sock))
    ready |= POLLOUT | POLLWRNORM | (uk_sock_tcp(sock) ? 0 : POLLWRBAND);
  return ready;
}

static void socket_release(struct uk_file *file) {
  struct uk_socket *sock = uk_sock_of(file);
  struct message *unseen = NULL, **end = &unseen;
  sock->open = false;
  uk_sock_unlink(sock);
  if (sock->domain->unbind)
    sock->domain->unbind(sock);
  bool reset = uk_sock_tcp(sock) && sock->linger[0] && !sock->linger[1];
  uk_sock_part(sock, sock->first || reset);
  end = uk_sock_take_queue(sock, end);
  uk_sock_refuse_waiting(sock, end);
  uk_sock_put(sock);
  uk_sock_free_messages(unseen);
}

static int socket_stat(struct uk_file *file, struct stat *st) {
  uk_stat_anon(st, S_IFSOCK | 0777, uk_sock_of(file)->ino);
  return 0;
}

static int socket_name(struct uk_file *file, bool peer,
                       struct uk_sockname *name) {
  struct uk_socket *sock = uk_sock_of(file);
  if (peer && sock->domain->peer_name)
    return sock->domain->peer_name(sock, name);
  if (peer && !sock->peer)
    return -ENOTCONN;
  *name = peer ? sock->peer->local : sock->local;
  if (!name->len && sock->domain->own_name) {
    sock->domain->own_name(sock, name);
  } else if (!name->len) {
    name->family = (uint16_t)sock->domain->family;
    name->len = sizeof(name->family);
  }
  return 0;
}

static bool socket_is_stream(const struct uk_file *file) {
  return uk_sock_of(file)->type == SOCK_STREAM;
}

static const struct uk_proto socket_proto = {
    .bind = uk_sock_bind,
    .connect = uk_sock_connect,
    .listen = uk_sock_listen,
    .accept = uk_sock_accept,
    .name = socket_name,
    .shutdown = uk_sock_shutdown,
    .send = uk_sock_send,
    .recv = uk_sock_recv,
    .get = uk_sock_get,
    .set = uk_sock_set,
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

struct uk_file *uk_sock_file(struct uk_socket *sock, int flags) {
  struct uk_file *file =
      uk_file_new(&uk_socket_ops, O_RDWR | (flags & O_NONBLOCK), sock);
  if (!file)
    return NULL;
  file->poll_gen = sock->gen;
  uk_sock_link(sock, file);
  uk_file_set_path(file, "socket:[%llu]", (unsigned long long)sock->ino);
  return file;
}

struct uk_file *uk_sock_new(const struct uk_domain *domain, int type,
                            int protocol) {
  struct uk_socket *sock = uk_sock_alloc(domain, type & 0xf, protocol);
  if (!sock)
    return NULL;
  if (sock->type == SOCK_RAW) { /* AF_UNIX: as on Linux */
    sock->type = SOCK_DGRAM;
    if (domain->family == AF_UNIX)
      sock->told_type = SOCK_DGRAM;
  }
  struct uk_file *file = uk_sock_file(sock, type);
  if (!file)
    uk_sock_put(sock);
  return file;
}
