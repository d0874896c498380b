/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * socket.c - messages in queues: sending and receiving
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

static size_t fds_in_flight;

static size_t cost(const struct message *m) { return m->len + MESSAGE_COST; }

static void message_free(struct message *m) {
  for (size_t i = 0; i < m->n_fds; i++)
    uk_file_put(m->fds[i]);
  fds_in_flight -= m->n_fds;
  uk_uncharge(m->charged);
  free(m->fds);
  free(m);
}

size_t uk_sock_in_flight(void) { return fds_in_flight; }

/*
 * A socket in a message may have messages with sockets, and so on: they are put
 * into one list, so that the stack does not grow.
 */
void uk_sock_free_messages(struct message *list) {
  static struct message *dying;
  static bool busy;
  struct message **end = &list;
  while (*end)
    end = &(*end)->next;
  *end = dying;
  dying = list;
  if (busy)
    return;
  busy = true;
  while (dying) {
    struct message *m = dying;
    dying = m->next;
    message_free(m);
  }
  busy = false;
}

struct message **uk_sock_take_queue(struct uk_socket *sock,
                                    struct message **end) {
  if (!sock->first)
    return end;
  *end = sock->first;
  end = sock->end;
  sock->first = NULL;
  sock->end = &sock->first;
  sock->queued = sock->n_queued = 0;
  return end;
}

void uk_sock_drop_first(struct uk_socket *sock) {
  struct message *m = sock->first;
  sock->first = m->next;
  if (!sock->first)
    sock->end = &sock->first;
  sock->queued -= cost(m);
  sock->n_queued--;
  m->next = NULL;
  uk_sock_free_messages(m);
}

/* ---- Sending ------------------------------------------------------------- */

static struct message *message_new(struct uk_socket *from,
                                   const struct uk_msg *msg, size_t at,
                                   size_t n) {
  size_t fds_bytes = msg->n_fds * sizeof(struct uk_file *);
  size_t bytes = n + MESSAGE_COST + fds_bytes;
  if (uk_charge(bytes))
    return NULL;
  struct message *m = calloc(1, sizeof(*m) + n + from->local.len);
  if (m && msg->n_fds)
    m->fds = malloc(fds_bytes);
  if (!m || (msg->n_fds && !m->fds)) {
    free(m);
    uk_uncharge(bytes);
    return NULL;
  }
  if (msg->n_fds)
    memcpy(m->fds, msg->fds, fds_bytes);
  m->charged = bytes;
  m->n_fds = msg->n_fds;
  m->len = n;
  m->name_len = from->local.len;
  memcpy(m->bytes, msg->buf + at, n);
  memcpy(m->bytes + n, from->local.bytes, from->local.len);
  return m;
}

/* Takes over the descriptors of @msg. */
static int queue(struct uk_socket *from, struct uk_socket *to,
                 struct uk_msg *msg, size_t at, size_t n) {
  if (msg->n_fds > FLIGHT_MAX - fds_in_flight)
    return -ETOOMANYREFS;
  struct message *m = message_new(from, msg, at, n);
  if (!m)
    return -ENOBUFS;
  /* As Linux: whoever asks for it later finds nobody. */
  m->cred = (struct ucred){0, 65534, 65534};
  if (msg->has_cred)
    m->cred = msg->cred;
  else if (from->passcred || to->passcred || !to->file)
    uk_cred_current(&m->cred);
  fds_in_flight += msg->n_fds;
  msg->n_fds = 0;
  *to->end = m;
  to->end = &m->next;
  to->queued += cost(m);
  to->n_queued++;
  to->gen[0]++;
  uk_wakeup(&to->gen[0]);
  return 0;
}

static int take_error(struct uk_socket *sock) {
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

static ssize_t send_stream(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, true);
  size_t done = 0;
  int err = 0;
  if (msg->name.len)
    return sock->state == SOCK_CONNECTED ? -EISCONN : -EOPNOTSUPP;
  if (!sock->peer)
    return -ENOTCONN;
  if (sock->no_write)
    return broken(msg->flags);
  while (!err && done < msg->n) { /* of no bytes nothing is sent, no fds too */
    struct uk_socket *peer = sock->peer;
    size_t part = msg->n - done < STREAM_PART ? msg->n - done : STREAM_PART;
    if (sock->error)
      err = take_error(sock);
    else if (sock->no_write || !peer->open || peer->no_read)
      err = done ? -EPIPE : broken(msg->flags);
    else if (uk_sock_full(sock, peer))
      err = uk_socket_wait(file, msg->flags, &sock->gen[1], NULL, deadline);
    else if (!(err = queue(sock, peer, msg, done, part)))
      done += part;
  }
  return done ? (ssize_t)done : err;
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
      return take_error(sock);
    if (sock->no_write)
      return -EPIPE;
    if (!to->open)
      return peer_gone(sock, to);
    if (to->peer && to->peer != sock)
      return -EPERM; /* it is connected to another one */
    if (to->no_read)
      return -EPIPE;
    if (!uk_sock_full(sock, to))
      return queue(sock, to, msg, 0, msg->n);
    err = uk_socket_wait(file, msg->flags, &sock->gen[1], &to->room, deadline);
    if (err)
      return err;
  }
}

static ssize_t send_message(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file), *to;
  if (sock->type == SOCK_SEQPACKET) {
    if (sock->error)
      return take_error(sock);
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
  return sock->type == SOCK_STREAM ? send_stream(file, msg)
                                   : send_message(file, msg);
}

/* ---- Receiving ----------------------------------------------------------- */

/* Until there is a message; 1 at the end. */
static int wait_message(struct uk_file *file, int flags, uint64_t deadline) {
  struct uk_socket *sock = uk_sock_of(file);
  bool waits = !(flags & MSG_DONTWAIT) && !(file->flags & O_NONBLOCK);
  if (sock->type != SOCK_DGRAM && sock->state != SOCK_CONNECTED)
    return sock->type == SOCK_STREAM ? -EINVAL : -ENOTCONN;
  while (!sock->first) {
    if (sock->error)
      return take_error(sock);
    if (sock->no_read && (waits || sock->type != SOCK_DGRAM))
      return 1;
    int err = uk_socket_wait(file, flags, &sock->gen[0], NULL, deadline);
    if (err)
      return err;
  }
  return 0;
}

/* What comes with the first byte of a message. */
static void hand_over(struct message *m, struct uk_msg *msg) {
  bool peek = msg->flags & MSG_PEEK;
  msg->cred = m->cred;
  msg->name.len = m->name_len;
  memcpy(msg->name.bytes, m->bytes + m->len, m->name_len);
  msg->n_fds = m->n_fds;
  for (size_t i = 0; i < m->n_fds; i++) {
    msg->fds[i] = m->fds[i];
    if (peek)
      uk_file_get(msg->fds[i]);
  }
  if (!peek) {
    fds_in_flight -= m->n_fds;
    m->n_fds = 0;
  }
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

static bool same_sender(const struct uk_socket *sock, const struct message *m,
                        const struct uk_msg *msg) {
  return !sock->passcred ||
         (m->cred.pid == msg->cred.pid && m->cred.uid == msg->cred.uid &&
          m->cred.gid == msg->cred.gid);
}

/* What the queue has for one call, up to descriptors or another sender. */
static size_t take_bytes(struct uk_socket *sock, struct uk_msg *msg,
                         size_t done) {
  bool peek = msg->flags & MSG_PEEK;
  size_t start = done;
  struct message *m = sock->first;
  while (m && done < msg->n && !msg->n_fds) {
    if (done && (m->n_fds || !same_sender(sock, m, msg)))
      break; /* the next call's */
    if (!done || m->n_fds)
      hand_over(m, msg);
    size_t part = m->len - m->done;
    if (part > msg->n - done)
      part = msg->n - done;
    memcpy(msg->buf + done, m->bytes + m->done, part);
    done += part;
    struct message *next = m->next;
    if (!peek) {
      m->done += part;
      if (m->done == m->len)
        uk_sock_drop_first(sock);
    }
    m = next;
  }
  return done - start;
}

static ssize_t recv_stream(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, false);
  bool peek = msg->flags & MSG_PEEK;
  size_t done = 0;
  if (sock->state != SOCK_CONNECTED)
    return -EINVAL;
  while (done < msg->n) {
    int err = wait_message(file, msg->flags, deadline);
    if (err)
      return done ? (ssize_t)done : err < 0 ? err : 0;
    size_t got = take_bytes(sock, msg, done);
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
  hand_over(m, msg);
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
