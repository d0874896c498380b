/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sock.h - what socket.c (queues), sockfile.c (files) and sockgc.c share
 */
#ifndef UKERNEL_SOCK_H
#define UKERNEL_SOCK_H

#include "vfs.h"

#define QUEUE_BYTES 212992u
#define MESSAGE_COST 512u
#define STREAM_PART (32u << 10)
#define FLIGHT_MAX 1024u /* descriptors in queues */

struct message {
  struct message *next;
  size_t len, done, n_fds;
  size_t charged;
  struct uk_file **fds;
  char bytes[];
};

struct uk_socket {
  int type;
  int refs; /* the file's, and the peer's */
  struct uk_socket *peer;
  struct message *first, **end;
  size_t queued; /* cost of what is here to be read */
  bool open, no_read, no_write;
  int error; /* to be told once, positive */
  uint64_t gen[2];
  uint64_t ino;
  /* sockgc.c */
  struct uk_file *file; /* ours; NULL when it is closed */
  struct uk_socket *next, **before, *visit_next;
  int in_flight; /* references that messages hold to @file */
  bool reached;
};

static inline struct uk_socket *uk_sock_of(const struct uk_file *file) {
  return file->priv;
}
void uk_sock_drop_first(struct uk_socket *sock);
/* Appends the queue, which is empty then; the new end. */
struct message **uk_sock_take_queue(struct uk_socket *sock,
                                    struct message **end);
void uk_sock_free_messages(struct message *list);
size_t uk_sock_in_flight(void); /* descriptors */
void uk_sock_link(struct uk_socket *sock, struct uk_file *file);
void uk_sock_unlink(struct uk_socket *sock);

#endif /* UKERNEL_SOCK_H */
