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

int uk_socket_type(const struct uk_file *file) {
  return uk_sock_of(file)->type;
}

bool uk_socket_connected(const struct uk_file *file) {
  const struct uk_socket *peer = uk_sock_of(file)->peer;
  return peer && peer->open;
}

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
static int wait_room(struct uk_file *file, int flags) {
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
    if ((flags & MSG_DONTWAIT) || (file->flags & O_NONBLOCK))
      return -EAGAIN;
    int err = uk_sleep(&sock->gen[1], UINT64_MAX);
    if (err == -EINTR)
      return err;
  }
}

ssize_t uk_socket_send(struct uk_file *file, const void *buf, size_t n,
                       int flags, struct uk_file *const *fds, size_t n_fds) {
  struct uk_socket *sock = uk_sock_of(file);
  bool stream = sock->type == SOCK_STREAM;
  size_t done = 0;
  if (flags & MSG_OOB)
    return -EOPNOTSUPP;
  if (!stream && n > QUEUE_BYTES - 32)
    return -EMSGSIZE;
  if (stream && n == 0)
    return sock->peer ? 0 : -ENOTCONN; /* Linux drops the descriptors too */
  do {
    int err = wait_room(file, flags);
    if (err)
      return done ? (ssize_t)done : err;
    size_t part = n - done;
    if (stream && part > STREAM_PART)
      part = STREAM_PART;
    err = queue(sock->peer, (const char *)buf + done, part, fds,
                done ? 0 : n_fds);
    if (err)
      return done ? (ssize_t)done : err;
    done += part;
  } while (done < n);
  return (ssize_t)done;
}

/* ---- Receiving ----------------------------------------------------------- */

/* Until there is a message; 1 at the end. */
static int wait_message(struct uk_file *file, int flags) {
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
    if ((flags & MSG_DONTWAIT) || (file->flags & O_NONBLOCK))
      return -EAGAIN;
    int err = uk_sleep(&sock->gen[0], UINT64_MAX);
    if (err == -EINTR)
      return err;
  }
  return 0;
}

static void hand_over_fds(struct message *m, bool peek, struct uk_file **fds,
                          size_t *n_fds) {
  *n_fds = m->n_fds;
  for (size_t i = 0; i < m->n_fds; i++) {
    fds[i] = m->fds[i];
    if (peek)
      uk_file_get(fds[i]);
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

static ssize_t recv_stream(struct uk_file *file, char *buf, size_t n, int flags,
                           struct uk_file **fds, size_t *n_fds) {
  struct uk_socket *sock = uk_sock_of(file);
  size_t done = 0;
  bool peek = flags & MSG_PEEK;
  while (done < n) {
    int err = wait_message(file, flags);
    if (err)
      return done ? (ssize_t)done : err < 0 ? err : 0;
    struct message *m = sock->first;
    while (m && done < n) {
      if (m->n_fds && done)
        return (ssize_t)done; /* the next call's */
      if (m->n_fds)
        hand_over_fds(m, peek, fds, n_fds);
      size_t part = m->len - m->done < n - done ? m->len - m->done : n - done;
      memcpy(buf + done, m->bytes + m->done, part);
      done += part;
      struct message *next = m->next;
      if (!peek) {
        m->done += part;
        if (m->done == m->len)
          uk_sock_drop_first(sock);
      }
      if (*n_fds)
        break; /* as Linux: what came with descriptors ends here */
      m = next;
    }
    if (!peek)
      room_made(sock);
    if (!(flags & MSG_WAITALL) || peek || *n_fds)
      break;
  }
  return (ssize_t)done;
}

ssize_t uk_socket_recv(struct uk_file *file, void *buf, size_t n, int flags,
                       struct uk_file **fds, size_t *n_fds, size_t *full) {
  struct uk_socket *sock = uk_sock_of(file);
  *n_fds = 0;
  *full = 0;
  if (flags & MSG_OOB)
    return -EOPNOTSUPP;
  if (sock->type == SOCK_STREAM) {
    ssize_t got = recv_stream(file, buf, n, flags, fds, n_fds);
    *full = got > 0 ? (size_t)got : 0;
    return got;
  }
  int err = wait_message(file, flags);
  if (err)
    return err < 0 ? err : 0;
  struct message *m = sock->first;
  size_t part = m->len < n ? m->len : n;
  memcpy(buf, m->bytes, part);
  *full = m->len;
  hand_over_fds(m, flags & MSG_PEEK, fds, n_fds);
  if (!(flags & MSG_PEEK)) {
    uk_sock_drop_first(sock);
    room_made(sock);
  }
  return (ssize_t)part;
}
