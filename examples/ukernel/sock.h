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

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define UK_SCM_MAX 253 /* Linux's SCM_MAX_FD */

/* A socket address; @len 0: none. */
struct uk_sockname {
  uint32_t len;
  union {
    uint16_t family;
    struct sockaddr_un un;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
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
  struct ucred cred;
  bool has_cred; /* sent: @cred is not the sender's own; received: wanted */
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
/* Until @channel, or @other if there is one, is woken: 0, -EINTR; -EAGAIN if
 * the call or the file does not wait, or @deadline_ns is over. */
int uk_socket_wait(struct uk_file *file, int flags, const void *channel,
                   const void *other, uint64_t deadline_ns);

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

/* ---- Sockets of this kernel ------------------------------------------ */

#define QUEUE_BYTES 212992u /* Linux's wmem_default */
#define MESSAGE_COST 512u
#define STREAM_PART (32u << 10)
#define FLIGHT_MAX 1024u /* descriptors in queues */
#define DGRAM_WAITING                                                          \
  10u /* Linux's max_dgram_qlen: from others than the peer */
#define SOCKET_COST 1024u

struct message {
  struct message *next;
  size_t len, done, n_fds;
  size_t charged;
  struct uk_file **fds;
  struct ucred cred;
  uint32_t name_len; /* of the sender; behind the data */
  char bytes[];
};

struct uk_socket;
/**
 * struct uk_domain - what families do in their own way
 * @inet:    streams end as TCP's do, not as AF_UNIX's
 * @check:   of socket(); *out: the protocol
 * @bind:    gives @sock a name
 * @prepare: before a connection or a datagram to @to: a name if it needs one
 * @find:    the socket of that name, borrowed. For datagrams *out may be NULL:
 *           nobody is there, and nobody is told
 * @unbind:  the name is free again
 * @connected, @listen: names when that happens
 * @own_name, @peer_name: as getsockname and getpeername tell them
 * @connect_dgram, @send_dgram: instead of the common ones
 * @get, @set: options of other levels than SOL_SOCKET; missing: -EOPNOTSUPP
 */
struct uk_domain {
  int family;
  bool inet;
  int (*check)(int type, int protocol, int *out);
  int (*bind)(struct uk_socket *sock, const struct uk_sockname *name);
  int (*prepare)(struct uk_socket *sock, const struct uk_sockname *to);
  int (*find)(struct uk_socket *sock, const struct uk_sockname *name,
              struct uk_socket **out);
  void (*unbind)(struct uk_socket *sock);
  void (*connected)(struct uk_socket *sock, struct uk_socket *embryo,
                    const struct uk_socket *listener,
                    const struct uk_sockname *name);
  int (*listen)(struct uk_socket *sock);
  void (*own_name)(struct uk_socket *sock, struct uk_sockname *name);
  int (*peer_name)(struct uk_socket *sock, struct uk_sockname *name);
  int (*connect_dgram)(struct uk_socket *sock, const struct uk_sockname *name);
  ssize_t (*send_dgram)(struct uk_file *file, struct uk_msg *msg);
  int (*get)(struct uk_socket *sock, int level, int name, void *value,
             uint32_t *bytes);
  int (*set)(struct uk_socket *sock, int level, int name, const void *value,
             uint32_t bytes);
};
extern const struct uk_domain uk_domain_unix, uk_domain_inet, uk_domain_inet6,
    uk_domain_netlink;

enum sock_state { SOCK_CLOSED, SOCK_CONNECTED, SOCK_LISTENS };

/* Options that are kept and told, by their SO_* number. */
#define SOCK_FLAGS 16
#define INET_OPTIONS 16

struct uk_socket {
  const struct uk_domain *domain;
  int type, protocol;
  int told_type; /* SO_TYPE: netlink's SOCK_RAW is a SOCK_DGRAM */
  int refs;      /* the file's or the listener's, and those of its peers */
  enum sock_state state;
  /* Whom it sends to. Streams and pairs: each is the other's. */
  struct uk_socket *peer;
  struct message *first, **end;
  size_t queued, n_queued; /* what is here to be read: cost, messages */
  bool open, no_read, no_write;
  /* TCP: the other side ended in good order; a connect that did not wait has
   * not told its end. */
  bool fin, connecting;
  int error; /* to be told once, positive */
  uint64_t gen[2];
  char room; /* a channel: senders of datagrams, connects */
  uint64_t ino;
  /* Its name; bound: by bind, and so to be found by it. */
  struct uk_sockname local;
  struct uk_sockname remote; /* AF_INET: the peer's */
  bool bound;
  struct uk_inode *inode; /* AF_UNIX: of a path */
  /* A listener's connections that nobody has accepted; they have no file. */
  struct uk_socket *waiting, **waiting_end, *waiting_next;
  int n_waiting, backlog;
  /* options */
  struct uk_socktime time;
  int sndbuf, rcvbuf;
  int linger[2];
  bool passcred;
  int flag[SOCK_FLAGS];
  int inet_option[INET_OPTIONS];
  struct ucred cred, peer_cred; /* @cred: when it began to listen */
  /* sockgc.c */
  struct uk_file *file; /* ours; NULL when it is closed */
  struct uk_socket *next, **before, *visit_next;
  int in_flight; /* references that messages hold to @file */
  bool reached;
};

/* TCP, as opposed to AF_UNIX's streams. */
static inline bool uk_sock_tcp(const struct uk_socket *sock) {
  return sock->domain->inet && sock->type == SOCK_STREAM;
}

static inline struct uk_socket *uk_sock_of(const struct uk_file *file) {
  return file->priv;
}

/* socket.c: messages */
ssize_t uk_sock_send(struct uk_file *file, struct uk_msg *msg);
ssize_t uk_sock_recv(struct uk_file *file, struct uk_msg *msg);
bool uk_sock_full(const struct uk_socket *from, const struct uk_socket *to);

/* sockqueue.c */
/* @n bytes of @msg; takes over its descriptors. @source: the sender's name, or
 * NULL. */
int uk_sock_queue(struct uk_socket *from, const struct uk_sockname *source,
                  struct uk_socket *to, struct uk_msg *msg, size_t at,
                  size_t n);
/* What comes with the first byte of a message. */
void uk_sock_hand_over(struct message *m, struct uk_msg *msg);
/* What the queue has for one call, up to descriptors or another sender. */
size_t uk_sock_take_bytes(struct uk_socket *sock, struct uk_msg *msg,
                          size_t done);
void uk_sock_drop_first(struct uk_socket *sock);
int uk_sock_take_error(struct uk_socket *sock); /* 0 or negative, once */
/* Appends the queue, which is empty then; the new end. */
struct message **uk_sock_take_queue(struct uk_socket *sock,
                                    struct message **end);
void uk_sock_free_messages(struct message *list);
size_t uk_sock_in_flight(void); /* descriptors */

/* sockgc.c: all that have a file */
extern struct uk_socket *uk_sockets;
void uk_sock_link(struct uk_socket *sock, struct uk_file *file);
void uk_sock_unlink(struct uk_socket *sock);

/* sockfile.c: life */
struct uk_socket *uk_sock_alloc(const struct uk_domain *domain, int type,
                                int protocol);
void uk_sock_put(struct uk_socket *sock);
void uk_sock_changed(struct uk_socket *sock); /* whoever waits looks again */
/* A file for it; the reference is the file's then. @flags: SOCK_NONBLOCK. */
struct uk_file *uk_sock_file(struct uk_socket *sock, int flags);
/* A file with a new socket; NULL: no memory. @type: with SOCK_NONBLOCK. */
struct uk_file *uk_sock_new(const struct uk_domain *domain, int type,
                            int protocol);

/* sockconn.c: connections */
void uk_sock_join(struct uk_socket *a, struct uk_socket *b);
/* It is gone: what its peer sees. @lost: something that it did not read. */
void uk_sock_part(struct uk_socket *sock, bool lost);
/* @embryo: of a listener that is closed; its queue is appended. */
struct message **uk_sock_refuse_waiting(struct uk_socket *sock,
                                        struct message **end);
int uk_sock_bind(struct uk_file *file, const struct uk_sockname *name);
int uk_sock_connect(struct uk_file *file, const struct uk_sockname *name);
int uk_sock_listen(struct uk_file *file, int backlog);
int uk_sock_accept(struct uk_file *file, int flags, struct uk_file **out);
int uk_sock_shutdown(struct uk_file *file, int how);

/* sockvalue.c: options */
int uk_sock_flag(const struct uk_socket *sock, int name);
int uk_sock_get(struct uk_file *file, int level, int name, void *value,
                uint32_t *bytes);
int uk_sock_set(struct uk_file *file, int level, int name, const void *value,
                uint32_t bytes);

/* sockcred.c */
void uk_cred_current(struct ucred *cred);
/* What a message may say of its sender: 0, -EPERM, -ESRCH. */
int uk_cred_check(const struct ucred *cred);

#endif /* UKERNEL_SOCK_H */
