/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockqueue.c - messages in queues, and descriptors in them
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
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

/* ---- In ------------------------------------------------------------------ */

static struct message *message_new(const struct uk_sockname *source,
                                   const struct uk_msg *msg, size_t at,
                                   size_t n) {
  uint32_t name_len = source ? source->len : 0;
  size_t fds_bytes = msg->n_fds * sizeof(struct uk_file *);
  size_t bytes = n + MESSAGE_COST + fds_bytes;
  if (uk_charge(bytes))
    return NULL;
  struct message *m = calloc(1, sizeof(*m) + n + name_len);
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
  m->name_len = name_len;
  memcpy(m->bytes, msg->buf + at, n);
  if (source)
    memcpy(m->bytes + n, source->bytes, name_len);
  return m;
}

int uk_sock_queue(struct uk_socket *from, const struct uk_sockname *source,
                  struct uk_socket *to, struct uk_msg *msg, size_t at,
                  size_t n) {
  if (msg->n_fds > FLIGHT_MAX - fds_in_flight)
    return -ETOOMANYREFS;
  struct message *m = message_new(source, msg, at, n);
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

/* ---- Out ----------------------------------------------------------------- */

void uk_sock_hand_over(struct message *m, struct uk_msg *msg) {
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

static bool same_sender(const struct uk_socket *sock, const struct message *m,
                        const struct uk_msg *msg) {
  return !sock->passcred ||
         (m->cred.pid == msg->cred.pid && m->cred.uid == msg->cred.uid &&
          m->cred.gid == msg->cred.gid);
}

size_t uk_sock_take_bytes(struct uk_socket *sock, struct uk_msg *msg,
                          size_t done) {
  bool peek = msg->flags & MSG_PEEK;
  size_t start = done;
  struct message *m = sock->first;
  while (m && done < msg->n && !msg->n_fds) {
    if (done && (m->n_fds || !same_sender(sock, m, msg)))
      break; /* the next call's */
    if (!done || m->n_fds)
      uk_sock_hand_over(m, msg);
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
