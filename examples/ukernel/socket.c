/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * socket.c - sending and receiving
 *
 * Each socket has a queue of messages; a stream reads across their borders but
 * stops before descriptors. A sender may go on while less than its SO_SNDBUF is
 * queued at the receiver, and polls writable up to a quarter of it: Linux's
 * rule, though not its exact charge for one message.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sending ------------------------------------------------------------- */

int uk_sock_take_error(struct uk_socket *sock) {
  int error = sock->error;
  sock->error = 0;
  return -error;
}

bool uk_sock_full(const struct uk_socket *from, const struct uk_socket *to) {
  if (from->type == SOCK_DGRAM && to != from && to->peer != from &&
      to->n_queued > DGRAM_WAITING)
    return true;
  return to->queued >= (size_t)from->sndbuf;
}

static int broken(int flags) {
  if (!(flags & MSG_NOSIGNAL))
    uk_send_signal(uk_task_proc(uk_current()), SIGPIPE);
  return -EPIPE;
}

/* 0: more may be sent now. */
static int may_send(struct uk_socket *sock) {
  bool tcp = uk_sock_tcp(sock);
  if (tcp && sock->error == EPIPE) /* so that SIGPIPE is sent */
    sock->error = 0;
  if (sock->error)
    return uk_sock_take_error(sock);
  if (sock->no_write || (tcp && sock->state != SOCK_CONNECTED))
    return -EPIPE;
  return !tcp && (!sock->peer->open || sock->peer->no_read) ? -EPIPE : 0;
}

/* TCP: what arrives at a closed socket is lost, and answered by a reset. */
static void send_to_closed(struct uk_socket *sock) {
  sock->error = EPIPE;
  sock->no_read = sock->no_write = true;
  sock->state = SOCK_CLOSED;
  uk_sock_changed(sock);
}

static int send_part(struct uk_file *file, struct uk_msg *msg, size_t at,
                     size_t n, uint64_t deadline) {
  struct uk_socket *sock = uk_sock_of(file);
  for (;;) {
    int err = may_send(sock);
    if (err)
      return err;
    if (!sock->peer->open) {
      send_to_closed(sock);
      return 0;
    }
    if (!uk_sock_full(sock, sock->peer))
      return uk_sock_queue(sock, sock->domain->inet ? NULL : &sock->local,
                           sock->peer, msg, at, n);
    err = uk_socket_wait(file, msg->flags, &sock->gen[1], NULL, deadline);
    if (err)
      return err;
  }
}

static ssize_t send_stream(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, true);
  size_t done = 0;
  int err = 0;
  if (!uk_sock_tcp(sock) && msg->name.len)
    return sock->state == SOCK_CONNECTED ? -EISCONN : -EOPNOTSUPP;
  if (!uk_sock_tcp(sock) && !sock->peer)
    return -ENOTCONN;
  if (sock->no_write && !sock->error)
    err = -EPIPE;
  while (!err && done < msg->n) { /* of no bytes nothing is sent, no fds too */
    size_t part = msg->n - done < STREAM_PART ? msg->n - done : STREAM_PART;
    err = send_part(file, msg, done, part, deadline);
    if (!err)
      done += part;
  }
  if (done)
    return (ssize_t)done;
  return err == -EPIPE ? broken(msg->flags) : err;
}

/* The receiver of a datagram, a new reference; NULL: it is lost on the way. */
static int receiver(struct uk_socket *sock, const struct uk_msg *msg,
                    struct uk_socket **to) {
  struct uk_socket *found = sock->peer;
  int err = found ? 0 : -ENOTCONN;
  if (msg->name.len && sock->type == SOCK_DGRAM)
    err = sock->domain->find(sock, &msg->name, &found);
  *to = err ? NULL : found;
  if (*to)
    (*to)->refs++;
  return err;
}

/* The peer is closed: from now on there is none. */
static int peer_gone(struct uk_socket *sock, struct uk_socket *to) {
  if (sock->type == SOCK_SEQPACKET)
    return -EPIPE;
  if (sock->peer == to) {
    uk_sock_put(to);
    sock->peer = NULL;
    sock->state = SOCK_CLOSED;
  }
  return -ECONNREFUSED;
}

static int send_to(struct uk_file *file, struct uk_socket *to,
                   struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, true);
  for (;;) {
    int err;
    if (sock->error)
      return uk_sock_take_error(sock);
    if (sock->no_write)
      return -EPIPE;
    if (!to->open)
      return peer_gone(sock, to);
    if (to->peer && to->peer != sock)
      return -EPERM; /* it is connected to another one */
    if (to->no_read)
      return -EPIPE;
    if (!uk_sock_full(sock, to))
      return uk_sock_queue(sock, &sock->local, to, msg, 0, msg->n);
    err = uk_socket_wait(file, msg->flags, &sock->gen[1], &to->room, deadline);
    if (err)
      return err;
  }
}

static ssize_t send_message(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file), *to;
  if (sock->type == SOCK_SEQPACKET) {
    if (sock->error)
      return uk_sock_take_error(sock);
    if (sock->state != SOCK_CONNECTED)
      return -ENOTCONN;
  }
  int err = receiver(sock, msg, &to);
  if (!err && msg->n + 32 > (size_t)sock->sndbuf)
    err = -EMSGSIZE;
  if (!err && sock->domain->prepare)
    err = sock->domain->prepare(sock, &msg->name);
  if (!err && to)
    err = send_to(file, to, msg);
  uk_sock_put(to);
  return err ? err : (ssize_t)msg->n;
}

ssize_t uk_sock_send(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  if (msg->flags & MSG_OOB)
    return -EOPNOTSUPP;
  if (sock->domain->inet) { /* as on Linux, not looked at */
    uk_msg_put_fds(msg);
    msg->has_cred = false;
  }
  if (sock->domain->send_dgram && sock->type == SOCK_DGRAM)
    return sock->domain->send_dgram(file, msg);
  return sock->type == SOCK_STREAM ? send_stream(file, msg)
                                   : send_message(file, msg);
}

/* ---- Receiving ----------------------------------------------------------- */

/* There is none: 0 to wait for one, 1 at the end. */
static int no_message(struct uk_socket *sock, bool waits) {
  if (sock->fin)
    return 1;
  if (sock->error)
    return uk_sock_take_error(sock);
  if (sock->no_read && (waits || sock->type != SOCK_DGRAM))
    return 1;
  return sock->type != SOCK_DGRAM && sock->state != SOCK_CONNECTED ? -ENOTCONN
                                                                   : 0;
}

/* Until there is a message; 1 at the end. */
static int wait_message(struct uk_file *file, int flags, uint64_t deadline) {
  struct uk_socket *sock = uk_sock_of(file);
  bool waits = !(flags & MSG_DONTWAIT) && !(file->flags & O_NONBLOCK);
  while (!sock->first) {
    int err = no_message(sock, waits);
    if (!err)
      err = uk_socket_wait(file, flags, &sock->gen[0], NULL, deadline);
    if (err)
      return err;
  }
  return 0;
}

/* Many may send datagrams to one: those that are connected to it poll. */
static void room_made(struct uk_socket *sock) {
  uk_wakeup(&sock->room);
  if (sock->type == SOCK_DGRAM && sock->refs > 1) {
    for (struct uk_socket *s = uk_sockets; s; s = s->next)
      if (s->peer == sock) {
        s->gen[1]++;
        uk_wakeup(&s->gen[1]);
      }
  } else if (sock->peer) {
    sock->peer->gen[1]++;
    uk_wakeup(&sock->peer->gen[1]);
  }
}

static ssize_t recv_stream(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, false);
  bool peek = msg->flags & MSG_PEEK;
  size_t done = 0;
  if (!uk_sock_tcp(sock) && sock->state != SOCK_CONNECTED)
    return -EINVAL;
  while (done < msg->n) {
    int err = wait_message(file, msg->flags, deadline);
    if (err)
      return done ? (ssize_t)done : err < 0 ? err : 0;
    size_t got = uk_sock_take_bytes(sock, msg, done);
    done += got;
    if (!peek)
      room_made(sock);
    if (!(msg->flags & MSG_WAITALL) || peek || msg->n_fds || !got)
      break;
  }
  return (ssize_t)done;
}

static ssize_t recv_message(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  int err =
      wait_message(file, msg->flags, uk_socktime_deadline(&sock->time, false));
  if (err)
    return err < 0 ? err : 0;
  struct message *m = sock->first;
  size_t part = m->len < msg->n ? m->len : msg->n;
  memcpy(msg->buf, m->bytes, part);
  msg->full = m->len;
  uk_sock_hand_over(m, msg);
  if (!(msg->flags & MSG_PEEK)) {
    uk_sock_drop_first(sock);
    room_made(sock);
  }
  return (ssize_t)part;
}

ssize_t uk_sock_recv(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  bool stream = sock->type == SOCK_STREAM;
  msg->n_fds = msg->full = 0;
  if (msg->flags & MSG_OOB)
    return stream ? -EINVAL : -EOPNOTSUPP;
  ssize_t got = stream ? recv_stream(file, msg) : recv_message(file, msg);
  msg->flags = got >= 0 && msg->full > (size_t)got ? MSG_TRUNC : 0;
  msg->has_cred = sock->passcred;
  return got;
}
