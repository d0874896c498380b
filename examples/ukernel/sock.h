/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sock.h - what the parts of sockets know of each other
 *
 * System calls (sockcalls.c, sockmsg.c, sockopt.c) turn guest memory into the
 * structures here and call the file's struct uk_proto.
 */
#ifndef UKERNEL_SOCK_H
#define UKERNEL_SOCK_H

#include "vfs.h"

#include <sys/socket.h>
#include <sys/un.h>

#define UK_SCM_MAX 253 /* Linux's SCM_MAX_FD */

/* A socket address; @len 0: none. */
struct uk_sockname {
  uint32_t len;
  union {
    uint16_t family;
    struct sockaddr_un un;
    char bytes[sizeof(struct sockaddr_storage)];
  };
};

/**
 * struct uk_msg - one message, in kernel memory
 * @flags: in MSG_*; after a receive what msg_flags gets
 * @name:  sent to, or received from
 * @fds:   @n_fds references: the caller's until they are sent (n_fds is 0
 *         then), and those that came
 * @full:  the length of a datagram that did not fit
 */
struct uk_msg {
  char *buf;
  size_t n;
  int flags;
  struct uk_sockname name;
  size_t n_fds, full;
  struct uk_file *fds[UK_SCM_MAX];
};

/**
 * struct uk_proto - what a socket can do, beside reading and writing
 * A missing operation gives -EOPNOTSUPP. @get: *bytes is the size of @value
 * (256), and then what was put there. @set: NULL for a value that cannot be
 * read. send and recv may block.
 */
struct uk_proto {
  int (*bind)(struct uk_file *file, const struct uk_sockname *name);
  int (*connect)(struct uk_file *file, const struct uk_sockname *name);
  int (*listen)(struct uk_file *file, int backlog);
  int (*accept)(struct uk_file *file, int flags, struct uk_file **out);
  int (*name)(struct uk_file *file, bool peer, struct uk_sockname *name);
  int (*shutdown)(struct uk_file *file, int how);
  ssize_t (*send)(struct uk_file *file, struct uk_msg *msg);
  ssize_t (*recv)(struct uk_file *file, struct uk_msg *msg);
  int (*get)(struct uk_file *file, int level, int name, void *value,
             uint32_t *bytes);
  int (*set)(struct uk_file *file, int level, int name, const void *value,
             uint32_t bytes);
  bool (*stream)(const struct uk_file *file); /* no borders between messages */
};

int uk_socket_get(int fd, struct uk_file **out); /* a new reference */
int uk_name_from_guest(struct uk_sockname *name, uint64_t addr, uint32_t len);
/* @len_addr: the room, and then the length that there would have been. */
int uk_name_to_guest(const struct uk_sockname *name, uint64_t addr,
                     uint64_t len_addr);
/* The read and write of all sockets (sockmsg.c). */
ssize_t uk_socket_read(struct uk_file *file, void *buf, size_t n, int64_t *pos);
ssize_t uk_socket_write(struct uk_file *file, const void *buf, size_t n,
                        int64_t *pos);
void uk_msg_put_fds(struct uk_msg *msg);
/* Until @channel is woken: 0, -EINTR; -EAGAIN if the call or the file does not
 * wait, or @deadline_ns is over. */
int uk_socket_wait(struct uk_file *file, int flags, const void *channel,
                   uint64_t deadline_ns);

/* ---- Limits in time: SO_RCVTIMEO, SO_SNDTIMEO (sockopt.c) -------------- */

/* In ns, 0: none; to receive, to send. */
struct uk_socktime {
  uint64_t limit_ns[2];
};
uint64_t uk_socktime_deadline(const struct uk_socktime *time, bool send);
/* False: @name is no such option. *err: 0 or -EINVAL, -EFAULT, -EDOM. */
bool uk_socktime_get(const struct uk_socktime *time, int name, void *value,
                     uint32_t *bytes);
bool uk_socktime_set(struct uk_socktime *time, int name, const void *value,
                     uint32_t bytes, int *err);

/* ---- Sockets of this kernel (socket.c, sockfile.c, sockgc.c) ----------- */

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
  struct uk_socktime time;
  /* sockgc.c */
  struct uk_file *file; /* ours; NULL when it is closed */
  struct uk_socket *next, **before, *visit_next;
  int in_flight; /* references that messages hold to @file */
  bool reached;
};

static inline struct uk_socket *uk_sock_of(const struct uk_file *file) {
  return file->priv;
}
ssize_t uk_sock_send(struct uk_file *file, struct uk_msg *msg);
ssize_t uk_sock_recv(struct uk_file *file, struct uk_msg *msg);
void uk_sock_drop_first(struct uk_socket *sock);
/* Appends the queue, which is empty then; the new end. */
struct message **uk_sock_take_queue(struct uk_socket *sock,
                                    struct message **end);
void uk_sock_free_messages(struct message *list);
size_t uk_sock_in_flight(void); /* descriptors */
void uk_sock_link(struct uk_socket *sock, struct uk_file *file);
void uk_sock_unlink(struct uk_socket *sock);
/* A file, and its socket; NULL: no memory. @type: with SOCK_NONBLOCK. */
struct uk_file *uk_sock_new(int family, int type);
int uk_sock_pair(struct uk_file *a, struct uk_file *b);

#endif /* UKERNEL_SOCK_H */
