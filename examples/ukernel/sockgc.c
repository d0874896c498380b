/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockgc.c - sockets that are only in queues of each other
 *
 * A socket may be sent through itself, or through one that is sent through it.
 * When the last descriptor is closed, each is held by a message in the queue
 * of another, and nobody can ever read it. As Linux's net/unix/garbage.c, this
 * finds those that have no reference but from messages, keeps what can be
 * reached from the others, and drops the queues of the rest. What else is in
 * those queues (a kcov file) goes with them.
 *
 * Asked whenever a socket loses a reference and keeps some, which is the only
 * way to such a ring; it costs nothing unless descriptors are in flight.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <stdlib.h>

struct uk_socket *uk_sockets; /* all with an open file */

void uk_sock_link(struct uk_socket *sock, struct uk_file *file) {
  sock->file = file;
  sock->next = uk_sockets;
  if (uk_sockets)
    uk_sockets->before = &sock->next;
  sock->before = &uk_sockets;
  uk_sockets = sock;
}

void uk_sock_unlink(struct uk_socket *sock) {
  *sock->before = sock->next;
  if (sock->next)
    sock->next->before = sock->before;
  sock->file = NULL;
}

static void each_in_queue(struct uk_socket *sock,
                          void (*fn)(struct uk_socket *queued)) {
  for (struct message *m = sock->first; m; m = m->next)
    for (size_t i = 0; i < m->n_fds; i++)
      if (m->fds[i]->ops == &uk_socket_ops)
        fn(uk_sock_of(m->fds[i]));
}

/* Calls @fn for each socket in the queue of @sock, and in those of connections
 * that wait in it, which nobody else can read. */
static void each_queued(struct uk_socket *sock,
                        void (*fn)(struct uk_socket *queued)) {
  each_in_queue(sock, fn);
  for (struct uk_socket *w = sock->waiting; w; w = w->waiting_next)
    each_in_queue(w, fn);
}

static void count_one(struct uk_socket *queued) { queued->in_flight++; }

static struct uk_socket *to_visit;

static void reach(struct uk_socket *sock) {
  if (sock->reached)
    return;
  sock->reached = true;
  sock->visit_next = to_visit;
  to_visit = sock;
}

void uk_sock_collect(void) {
  static bool collecting;
  if (collecting || !uk_sock_in_flight())
    return;
  for (struct uk_socket *s = uk_sockets; s; s = s->next) {
    s->in_flight = 0;
    s->reached = false;
  }
  for (struct uk_socket *s = uk_sockets; s; s = s->next)
    each_queued(s, count_one);
  for (struct uk_socket *s = uk_sockets; s; s = s->next)
    if (s->file->refs > s->in_flight)
      reach(s);
  while (to_visit) {
    struct uk_socket *s = to_visit;
    to_visit = s->visit_next;
    each_queued(s, reach);
  }
  /* All queues first, then the messages: the sockets go with them. */
  collecting = true;
  struct message *dead = NULL, **end = &dead;
  for (struct uk_socket *s = uk_sockets; s; s = s->next)
    if (!s->reached) {
      end = uk_sock_take_queue(s, end);
      for (struct uk_socket *w = s->waiting; w; w = w->waiting_next)
        end = uk_sock_take_queue(w, end);
    }
  uk_sock_free_messages(dead);
  collecting = false;
}
