/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hostfile.h - the host's descriptors as guest files: what hostfile.c (pipes,
 * terminals), hostsock.c (sockets) and hostpoll.c (waiting) share
 */
#ifndef UKERNEL_HOSTFILE_H
#define UKERNEL_HOSTFILE_H

#include "sock.h"

struct host_file {
  int fd;
  bool owned; /* close it at the end */
  bool tty;
  int type;        /* sockets: SOCK_STREAM and so on */
  uint64_t gen[2]; /* what came, and room; hostpoll.c */
  struct uk_socktime time;
  /* hostpoll.c */
  struct host_file *next;
  uint64_t id; /* 0: nothing to wait for */
};

static inline struct host_file *host_of(const struct uk_file *file) {
  return file->priv;
}
extern const struct uk_file_ops uk_host_socket_ops;
unsigned int host_poll(struct uk_file *file);
int host_stat(struct uk_file *file, struct stat *st);
void host_release(struct uk_file *file);

/* From now on gen is counted up and its channels are woken when the host's
 * side moves. A file that is always ready is none to wait for: 0, too. */
int hostpoll_add(struct host_file *host);
void hostpoll_remove(struct host_file *host);

#endif /* UKERNEL_HOSTFILE_H */
