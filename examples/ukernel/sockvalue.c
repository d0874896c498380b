/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockvalue.c - the options of this kernel's sockets, SOL_SOCKET
 *
 * What has no effect here has none on Linux either for connections that do not
 * leave the machine; it is kept and told.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <string.h>

#define SNDBUF_MIN 4608 /* Linux's SOCK_MIN_SNDBUF, x86-64 */
#define RCVBUF_MIN 2304 /* SOCK_MIN_RCVBUF */

/* Kept in sock->flag, in this order; @truth: 0 or 1 only. */
static const struct {
  int name;
  bool truth;
} kept[] = {
    {SO_REUSEADDR, true}, {SO_KEEPALIVE, true}, {SO_BROADCAST, true},
    {SO_DONTROUTE, true}, {SO_OOBINLINE, true}, {SO_REUSEPORT, true},
    {SO_PRIORITY, false}, {SO_RCVLOWAT, false}, {SO_NO_CHECK, true},
};
#define N_KEPT (sizeof(kept) / sizeof(kept[0]))
_Static_assert(N_KEPT <= SOCK_FLAGS, "room in struct uk_socket");

static int *kept_option(struct uk_socket *sock, int name, bool *truth) {
  for (size_t i = 0; i < N_KEPT; i++)
    if (kept[i].name == name) {
      *truth = kept[i].truth;
      return &sock->flag[i];
    }
  return NULL;
}

int uk_sock_flag(const struct uk_socket *sock, int name) {
  for (size_t i = 0; i < N_KEPT; i++)
    if (kept[i].name == name)
      return sock->flag[i];
  return 0;
}

static int put_int(void *value, uint32_t *bytes, int number) {
  memcpy(value, &number, sizeof(number));
  *bytes = sizeof(number);
  return 0;
}

static int put_bytes(void *value, uint32_t *bytes, const void *from,
                     uint32_t n) {
  memcpy(value, from, n);
  *bytes = n;
  return 0;
}

static int get_error(struct uk_socket *sock, void *value, uint32_t *bytes) {
  int error = sock->error;
  sock->error = 0;
  return put_int(value, bytes, error);
}

static int get_common(struct uk_socket *sock, int name, void *value,
                      uint32_t *bytes) {
  bool truth;
  const int *option = kept_option(sock, name, &truth);
  if (option)
    return put_int(value, bytes, name == SO_RCVLOWAT && !*option ? 1 : *option);
  switch (name) {
  case SO_TYPE:
    return put_int(value, bytes, sock->told_type);
  case SO_DOMAIN:
    return put_int(value, bytes, sock->domain->family);
  case SO_PROTOCOL:
    return put_int(value, bytes, sock->protocol);
  case SO_ACCEPTCONN:
    return put_int(value, bytes, sock->state == SOCK_LISTENS);
  case SO_ERROR:
    return get_error(sock, value, bytes);
  case SO_SNDBUF:
    return put_int(value, bytes, sock->sndbuf);
  case SO_RCVBUF:
    return put_int(value, bytes, sock->rcvbuf);
  case SO_PASSCRED:
    if (sock->domain->family != AF_UNIX)
      return -EOPNOTSUPP;
    return put_int(value, bytes, sock->passcred);
  case SO_LINGER:
    return put_bytes(value, bytes, sock->linger, sizeof(sock->linger));
  case SO_PEERCRED:
    return put_bytes(value, bytes, &sock->peer_cred, sizeof(sock->peer_cred));
  case SO_COOKIE:
    return put_bytes(value, bytes, &sock->ino, sizeof(sock->ino));
  }
  return -ENOPROTOOPT;
}

int uk_sock_get(struct uk_file *file, int level, int name, void *value,
                uint32_t *bytes) {
  struct uk_socket *sock = uk_sock_of(file);
  if (level != SOL_SOCKET)
    return sock->domain->get
               ? sock->domain->get(sock, level, name, value, bytes)
               : -EOPNOTSUPP;
  if (uk_socktime_get(&sock->time, name, value, bytes))
    return 0;
  return get_common(sock, name, value, bytes);
}

/* As Linux: twice of what is asked for, between the least and the most. */
static int buffer_size(int value, int least) {
  if (value < 0 || value > (int)QUEUE_BYTES)
    value = (int)QUEUE_BYTES;
  return value * 2 > least ? value * 2 : least;
}

static int set_linger(struct uk_socket *sock, const void *value,
                      uint32_t bytes) {
  if (bytes < sizeof(sock->linger))
    return -EINVAL;
  memcpy(sock->linger, value, sizeof(sock->linger));
  sock->linger[0] = sock->linger[0] != 0;
  return 0;
}

static int set_common(struct uk_socket *sock, int name, int number,
                      const void *value, uint32_t bytes) {
  bool truth;
  int *option = kept_option(sock, name, &truth);
  if (option) {
    *option = truth ? number != 0 : number;
    return 0;
  }
  switch (name) {
  case SO_SNDBUF:
    sock->sndbuf = buffer_size(number, SNDBUF_MIN);
    uk_sock_changed(sock);
    return 0;
  case SO_RCVBUF:
    sock->rcvbuf = buffer_size(number, RCVBUF_MIN);
    return 0;
  case SO_PASSCRED:
    if (sock->domain->family != AF_UNIX)
      return -EOPNOTSUPP;
    sock->passcred = number != 0;
    return 0;
  case SO_LINGER:
    return set_linger(sock, value, bytes);
  }
  return -ENOPROTOOPT;
}

int uk_sock_set(struct uk_file *file, int level, int name, const void *value,
                uint32_t bytes) {
  struct uk_socket *sock = uk_sock_of(file);
  int number, err;
  if (level != SOL_SOCKET)
    return sock->domain->set
               ? sock->domain->set(sock, level, name, value, bytes)
               : -EOPNOTSUPP;
  if (bytes < sizeof(int))
    return -EINVAL;
  if (!value)
    return -EFAULT;
  if (uk_socktime_set(&sock->time, name, value, bytes, &err))
    return err;
  memcpy(&number, value, sizeof(number));
  return set_common(sock, name, number, value, bytes);
}
