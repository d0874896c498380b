/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockconn.c - connections: listen, accept, connect, and their ends
 *
 * A connect makes the listener's end at once: a socket without a file, which
 * waits in the listener to be accepted. The other side can send already.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

void uk_sock_join(struct uk_socket *a, struct uk_socket *b) {
  a->peer = b;
  b->peer = a;
  a->refs++;
  b->refs++;
  a->state = b->state = SOCK_CONNECTED;
}

/* Those that sleep until there is room at @sock, or poll for it. */
static void tell_senders(struct uk_socket *sock) {
  uk_wakeup(&sock->room);
  if (sock->refs > 1)
    for (struct uk_socket *s = uk_sockets; s; s = s->next)
      if (s->peer == sock)
        uk_sock_changed(s);
}

void uk_sock_part(struct uk_socket *sock, bool lost) {
  struct uk_socket *peer = sock->peer;
  if (peer && peer->peer == sock && sock->type != SOCK_DGRAM) {
    peer->no_read = true;
    if (uk_sock_tcp(sock) && !lost) {
      peer->fin = true;
    } else {
      peer->no_write = true;
      if (lost && peer->open)
        peer->error = ECONNRESET;
      if (uk_sock_tcp(sock))
        peer->state = SOCK_CLOSED;
    }
    uk_sock_changed(peer);
  }
  tell_senders(sock);
  sock->peer = NULL;
  uk_sock_put(peer);
}

struct message **uk_sock_refuse_waiting(struct uk_socket *sock,
                                        struct message **end) {
  while (sock->waiting) {
    struct uk_socket *embryo = sock->waiting;
    sock->waiting = embryo->waiting_next;
    embryo->open = false;
    uk_sock_part(embryo, true);
    end = uk_sock_take_queue(embryo, end);
    uk_sock_put(embryo);
  }
  sock->waiting_end = &sock->waiting;
  sock->n_waiting = 0;
  return end;
}

int uk_sock_bind(struct uk_file *file, const struct uk_sockname *name) {
  struct uk_socket *sock = uk_sock_of(file);
  return sock->domain->bind(sock, name);
}

/* ---- Listening ----------------------------------------------------------- */

int uk_sock_listen(struct uk_file *file, int backlog) {
  struct uk_socket *sock = uk_sock_of(file);
  if (sock->type != SOCK_STREAM && sock->type != SOCK_SEQPACKET)
    return -EOPNOTSUPP;
  if (sock->state == SOCK_CONNECTED)
    return -EINVAL;
  int err = sock->domain->listen && sock->state == SOCK_CLOSED
                ? sock->domain->listen(sock)
                : 0;
  if (!err && !sock->local.len)
    err = -EINVAL;
  if (err)
    return err;
  sock->state = SOCK_LISTENS;
  sock->backlog = backlog;
  uk_cred_current(&sock->cred);
  sock->peer_cred = sock->cred;
  uk_sock_changed(sock);
  return 0;
}

static int wait_connection(struct uk_file *file) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, false);
  while (!sock->waiting) {
    if (sock->no_read && !(file->flags & O_NONBLOCK))
      return -EINVAL;
    int err = uk_socket_wait(file, 0, &sock->gen[0], NULL, deadline);
    if (err)
      return err;
    if (sock->state != SOCK_LISTENS)
      return -EINVAL;
  }
  return 0;
}

int uk_sock_accept(struct uk_file *file, int flags, struct uk_file **out) {
  struct uk_socket *sock = uk_sock_of(file);
  if (sock->type != SOCK_STREAM && sock->type != SOCK_SEQPACKET)
    return -EOPNOTSUPP;
  if (sock->state != SOCK_LISTENS)
    return -EINVAL;
  int err = wait_connection(file);
  if (err)
    return err;
  struct uk_socket *embryo = sock->waiting;
  *out = uk_sock_file(embryo, flags);
  if (!*out)
    return -ENOMEM;
  sock->waiting = embryo->waiting_next;
  if (!sock->waiting)
    sock->waiting_end = &sock->waiting;
  sock->n_waiting--;
  embryo->waiting_next = NULL;
  uk_wakeup(&sock->room);
  return 0;
}

/* ---- Connecting ---------------------------------------------------------- */

static int make_connection(struct uk_socket *sock, struct uk_socket *listener,
                           const struct uk_sockname *name) {
  struct uk_socket *embryo =
      uk_sock_alloc(listener->domain, listener->type, listener->protocol);
  if (!embryo)
    return -ENOMEM;
  embryo->local = listener->local;
  embryo->passcred = listener->passcred;
  uk_cred_current(&embryo->peer_cred);
  sock->peer_cred = listener->cred;
  uk_sock_join(sock, embryo);
  if (sock->domain->connected)
    sock->domain->connected(sock, embryo, listener, name);
  *listener->waiting_end = embryo;
  listener->waiting_end = &embryo->waiting_next;
  listener->n_waiting++;
  listener->gen[0]++;
  uk_wakeup(&listener->gen[0]);
  uk_sock_changed(sock);
  return 0;
}

/* The listener, which has room; borrowed. */
static int wait_listener(struct uk_file *file, const struct uk_sockname *name,
                         struct uk_socket **out) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, true);
  for (;;) {
    int err = sock->domain->find(sock, name, out);
    if (err)
      return err;
    struct uk_socket *listener = *out;
    if (listener->state != SOCK_LISTENS || listener->no_read)
      return -ECONNREFUSED;
    if (listener->n_waiting <= listener->backlog)
      return 0;
    listener->refs++;
    err = uk_socket_wait(file, 0, &listener->room, &sock->gen[1], deadline);
    uk_sock_put(listener);
    if (err)
      return err;
  }
}

static int connect_stream(struct uk_file *file,
                          const struct uk_sockname *name) {
  struct uk_socket *sock = uk_sock_of(file), *listener;
  int err = wait_listener(file, name, &listener);
  if (!err && sock->state != SOCK_CLOSED)
    err = sock->state == SOCK_CONNECTED ? -EISCONN : -EINVAL;
  if (!err && sock->domain->prepare)
    err = sock->domain->prepare(sock, name);
  return err ? err : make_connection(sock, listener, name);
}

/* As it was before a connect, but for the name. */
static void forget_connection(struct uk_socket *sock) {
  struct message *lost = NULL;
  uk_sock_part(sock, true);
  uk_sock_refuse_waiting(sock, uk_sock_take_queue(sock, &lost));
  sock->no_read = sock->no_write = sock->fin = sock->connecting = false;
  sock->state = SOCK_CLOSED;
  sock->error = 0;
  sock->remote.len = 0;
  if (!sock->bound)
    sock->local.len = 0;
  uk_sock_changed(sock);
  uk_sock_free_messages(lost);
}

/* The end of a connect that did not wait; the next call may ask for it. */
static int tcp_connect_end(struct uk_socket *sock) {
  if (!sock->connecting)
    return -EISCONN;
  sock->connecting = false;
  if (sock->state == SOCK_CONNECTED)
    return 0;
  int err = uk_sock_take_error(sock);
  forget_connection(sock);
  return err ? err : -ECONNABORTED;
}

/* What does not wait is as quick, but tells it later: Linux's loopback, too. */
static int connect_tcp(struct uk_file *file, const struct uk_sockname *name) {
  struct uk_socket *sock = uk_sock_of(file);
  if (name->len < sizeof(name->family))
    return -EINVAL;
  if (name->family == AF_UNSPEC) {
    forget_connection(sock);
    return 0;
  }
  if (sock->state != SOCK_CLOSED || sock->connecting)
    return tcp_connect_end(sock);
  if (sock->no_read || sock->no_write || sock->peer)
    forget_connection(sock);
  int err = connect_stream(file, name);
  if (!(file->flags & O_NONBLOCK))
    return err == -EAGAIN ? -EINPROGRESS : err;
  if (err && err != -ECONNREFUSED && err != -EAGAIN)
    return err;
  if (err) {
    sock->error = err == -EAGAIN ? ETIMEDOUT : ECONNREFUSED;
    sock->no_read = sock->no_write = true;
    uk_sock_changed(sock);
  }
  sock->connecting = true;
  return -EINPROGRESS;
}

/* @to NULL: to nobody from now on. */
static void connect_dgram(struct uk_socket *sock, struct uk_socket *to) {
  struct uk_socket *old = sock->peer;
  if (to)
    to->refs++;
  sock->peer = to;
  sock->state = to ? SOCK_CONNECTED : SOCK_CLOSED;
  if (old && old != to) { /* what the old one sent is lost */
    struct message *lost = NULL;
    if (sock->first && old->open && old->peer == sock)
      old->error = ECONNRESET;
    uk_sock_take_queue(sock, &lost);
    uk_sock_changed(old);
    uk_wakeup(&sock->room);
    uk_sock_free_messages(lost);
  }
  uk_sock_changed(sock);
  uk_sock_put(old);
}

int uk_sock_connect(struct uk_file *file, const struct uk_sockname *name) {
  struct uk_socket *sock = uk_sock_of(file), *to = NULL;
  if (uk_sock_tcp(sock))
    return connect_tcp(file, name);
  if (sock->type != SOCK_DGRAM)
    return connect_stream(file, name);
  if (sock->domain->connect_dgram)
    return sock->domain->connect_dgram(sock, name);
  if (name->len < sizeof(name->family))
    return -EINVAL;
  if (name->family != AF_UNSPEC) {
    int err = sock->domain->find(sock, name, &to);
    if (!err && to->peer && to->peer != sock)
      err = -EPERM;
    if (!err && sock->domain->prepare)
      err = sock->domain->prepare(sock, name);
    if (err)
      return err;
  }
  connect_dgram(sock, to);
  return 0;
}

/* TCP, UDP: the other side does not learn that nobody reads. */
static int shutdown_inet(struct uk_socket *sock, bool reads, bool writes) {
  struct uk_socket *peer = sock->peer;
  struct message *lost = NULL;
  if (sock->state == SOCK_LISTENS) {
    if (!reads)
      return 0;
    sock->state = SOCK_CLOSED;
    uk_sock_refuse_waiting(sock, &lost);
    uk_sock_changed(sock);
    uk_sock_free_messages(lost);
    return 0;
  }
  sock->no_read |= reads;
  sock->no_write |= writes;
  if (peer && peer->peer == sock && writes) {
    peer->no_read = peer->fin = true;
    uk_sock_changed(peer);
  }
  uk_sock_changed(sock);
  return sock->state == SOCK_CONNECTED ? 0 : -ENOTCONN;
}

int uk_sock_shutdown(struct uk_file *file, int how) {
  struct uk_socket *sock = uk_sock_of(file), *peer = sock->peer;
  bool reads = how != SHUT_WR, writes = how != SHUT_RD;
  if (sock->domain->inet)
    return shutdown_inet(sock, reads, writes);
  sock->no_read |= reads;
  sock->no_write |= writes;
  if (peer && sock->type != SOCK_DGRAM) {
    peer->no_write |= reads;
    peer->no_read |= writes;
    uk_sock_changed(peer);
  }
  uk_sock_changed(sock);
  tell_senders(sock);
  return 0;
}
