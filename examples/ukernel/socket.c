/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * socket.c - AF_UNIX sockets, connected in pairs: the queues
 *
 * Each socket has a queue of messages; a stream reads across their borders but
 * stops before descriptors. A sender may go on while less than the limit is
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
#include <sys/socket.h>

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
  sock->queued = 0;
  return end;
}

void uk_sock_drop_first(struct uk_socket *sock) {
  struct message *m = sock->first;
  sock->first = m->next;
  if (!sock->first)
    sock->end = &sock->first;
  sock->queued -= cost(m);
  m->next = NULL;
  uk_sock_free_messages(m);
}

/* ---- Sending ------------------------------------------------------------- */

static int queue(struct uk_socket *to, const void *buf, size_t n,
                 struct uk_file *const *fds, size_t n_fds) {
  if (n_fds > FLIGHT_MAX - fds_in_flight)
    return -ETOOMANYREFS;
  size_t fds_bytes = n_fds * sizeof(struct uk_file *);
  size_t bytes = n + MESSAGE_COST + fds_bytes;
  if (uk_charge(bytes))
    return -ENOBUFS;
  struct message *m = calloc(1, sizeof(*m) + n);
  if (m && n_fds)
    m->fds = malloc(fds_bytes);
  if (!m || (n_fds && !m->fds)) {
    free(m);
    uk_uncharge(bytes);
    return -ENOBUFS;
  }
  if (n_fds)
    memcpy(m->fds, fds, fds_bytes);
  m->charged = bytes;
  m->n_fds = n_fds;
  m->len = n;
  memcpy(m->bytes, buf, n);
  fds_in_flight += n_fds;
  *to->end = m;
  to->end = &m->next;
  to->queued += cost(m);
  to->gen[0]++;
  uk_wakeup(&to->gen[0]);
  return 0;
}

static int broken(struct uk_socket *sock, int flags) {
  if (sock->type == SOCK_DGRAM && !sock->no_write)
    return -ECONNREFUSED;
  if (!(flags & MSG_NOSIGNAL) && sock->type != SOCK_DGRAM)
    uk_send_signal(uk_task_proc(uk_current()), SIGPIPE);
  return -EPIPE;
}

/* Until one more message may be queued. */
static int wait_room(struct uk_file *file, int flags, uint64_t deadline) {
  struct uk_socket *sock = uk_sock_of(file);
  for (;;) {
    struct uk_socket *peer = sock->peer;
    if (!peer)
      return -ENOTCONN;
    if (sock->error) {
      int error = sock->error;
      sock->error = 0;
      return -error;
    }
    if (sock->no_write || !peer->open || peer->no_read)
      return broken(sock, flags);
    if (peer->queued < QUEUE_BYTES)
      return 0;
    int err = uk_socket_wait(file, flags, &sock->gen[1], deadline);
    if (err)
      return err;
  }
}

ssize_t uk_sock_send(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint64_t deadline = uk_socktime_deadline(&sock->time, true);
  size_t n = msg->n;
  int flags = msg->flags;
  bool stream = sock->type == SOCK_STREAM;
  size_t done = 0;
  if (flags & MSG_OOB)
    return -EOPNOTSUPP;
  if (msg->name.len && sock->type == SOCK_STREAM)
    return sock->peer ? -EISCONN : -EOPNOTSUPP;
  if (!stream && n > QUEUE_BYTES - 32)
    return -EMSGSIZE;
  if (stream && n == 0)
    return sock->peer ? 0 : -ENOTCONN; /* Linux drops the descriptors too */
  do {
    int err = wait_room(file, flags, deadline);
    if (err)
      return done ? (ssize_t)done : err;
    size_t part = n - done;
    if (stream && part > STREAM_PART)
      part = STREAM_PART;
    err = queue(sock->peer, msg->buf + done, part, msg->fds, msg->n_fds);
    if (err)
      return done ? (ssize_t)done : err;
    msg->n_fds = 0; /* the message has them */
    done += part;
  } while (done < n);
  return (ssize_t)done;
}

/* ---- Receiving ----------------------------------------------------------- */

/* Until there is a message; 1 at the end. */
static int wait_message(struct uk_file *file, int flags, uint64_t deadline) {
  struct uk_socket *sock = uk_sock_of(file);
  while (!sock->first) {
    if (sock->error) {
      int error = sock->error;
      sock->error = 0;
      return -error;
    }
    if (sock->type != SOCK_DGRAM && !sock->peer)
      return sock->type == SOCK_STREAM ? -EINVAL : -ENOTCONN;
    if (sock->no_read)
      return 1;
    int err = uk_socket_wait(file, flags, &sock->gen[0], deadline);
    if (err)
      return err;
  }
  return 0;
}

static void hand_over_fds(struct message *m, struct uk_msg *msg) {
  bool peek = msg->flags & MSG_PEEK;
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

static void room_made(struct uk_socket *sock) {
  if (!sock->peer)
    return;
  sock->peer->gen[1]++;
  uk_wakeup(&sock->peer->gen[1]);
}

/* What the queue has for one call, up to descriptors; at most @room bytes. */
static size_t take_bytes(struct uk_socket *sock, struct uk_msg *msg,
                         size_t done) {
  bool peek = msg->flags & MSG_PEEK;
  size_t start = done;
  struct message *m = sock->first;
  while (m && done < msg->n && !msg->n_fds) {
    if (m->n_fds && done)
      break; /* the next call's */
    if (m->n_fds)
      hand_over_fds(m, msg);
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
  hand_over_fds(m, msg);
  if (!(msg->flags & MSG_PEEK)) {
    uk_sock_drop_first(sock);
    room_made(sock);
  }
  return (ssize_t)part;
}

ssize_t uk_sock_recv(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  msg->n_fds = msg->full = 0;
  if (msg->flags & MSG_OOB)
    return -EOPNOTSUPP;
  if (sock->type == SOCK_STREAM) {
    ssize_t got = recv_stream(file, msg);
    msg->flags = 0;
    return got;
  }
  ssize_t got = recv_message(file, msg);
  msg->flags = got >= 0 && msg->full > (size_t)got ? MSG_TRUNC : 0;
  return got;
}
