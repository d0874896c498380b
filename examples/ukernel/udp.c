/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * udp.c - datagrams between ports of the loopback interface
 *
 * A sender never waits: what does not fit at the receiver is lost. Whoever is
 * connected to a port where nobody is learns of it by the next call, as from an
 * ICMP message.
 */
#define _GNU_SOURCE
#include "inet.h"

#include <errno.h>
#include <string.h>

#define PAYLOAD_MAX 65507u /* of IPv4; IPv6: 20 more */

int udp_connect(struct uk_socket *sock, const struct uk_sockname *name) {
  struct inet_addr to, from;
  if (name->len < sizeof(name->family))
    return -EINVAL;
  if (name->family == AF_UNSPEC) {
    sock->remote.len = 0;
    sock->state = SOCK_CLOSED;
    if (!sock->bound)
      sock->local.len = 0;
    return 0;
  }
  int err = inet_target(sock, name, &to);
  if (!err)
    err = inet_autobind(sock);
  if (!err)
    err = inet_source(sock, &to, &from);
  if (err)
    return err;
  inet_name(sock->domain->family, &from, &sock->local);
  inet_name(sock->domain->family, &to, &sock->remote);
  sock->state = SOCK_CONNECTED;
  return 0;
}

static int destination(const struct uk_socket *sock, const struct uk_msg *msg,
                       struct inet_addr *to) {
  if (msg->name.len) {
    int err = inet_target(sock, &msg->name, to);
    return !err && !to->port ? -EINVAL : err;
  }
  if (!sock->remote.len)
    return -EDESTADDRREQ;
  inet_remote(sock, to);
  return 0;
}

ssize_t udp_send(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  struct uk_sockname source;
  struct inet_addr to, from;
  bool v6 = sock->domain->family == AF_INET6;
  if (inet_autobind(sock))
    return -EAGAIN;
  if (msg->n > PAYLOAD_MAX + (v6 ? 20 : 0))
    return -EMSGSIZE;
  int err = destination(sock, msg, &to);
  if (err)
    return err;
  if (sock->error)
    return uk_sock_take_error(sock);
  if (sock->no_write)
    return -EPIPE;
  err = inet_source(sock, &to, &from);
  if (err)
    return err;
  struct uk_socket *receiver = inet_find(sock, &from, &to);
  if (!receiver) {
    if (sock->remote.len)
      sock->error = ECONNREFUSED;
    return (ssize_t)msg->n;
  }
  if (receiver->no_read || receiver->queued > (size_t)receiver->rcvbuf)
    return (ssize_t)msg->n;
  inet_name(receiver->domain->family, &from, &source);
  err = uk_sock_queue(sock, &source, receiver, msg, 0, msg->n);
  return err ? err : (ssize_t)msg->n;
}
