/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * inet.c - AF_INET and AF_INET6: addresses and ports
 *
 * The guest's network is one loopback interface, 127.0.0.0/8 and ::1. Nothing
 * leaves this kernel, and no socket of the host is opened: streams are the
 * queues of AF_UNIX with other names (socket.c, sockconn.c), datagrams are in
 * udp.c. What has any other address is unreachable.
 */
#define _GNU_SOURCE
#include "inet.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#define FIRST_EPHEMERAL 32768u /* Linux's ip_local_port_range */
#define LAST_EPHEMERAL 60999u
#define FIRST_FREE 1024u /* below: the superuser's */
#define LEAST_IN6 24u    /* Linux's SIN6_LEN_RFC2133: without a scope */

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_inet(const struct uk_socket *sock) {
  return sock->domain == &uk_domain_inet || sock->domain == &uk_domain_inet6;
}

/* ---- Addresses ----------------------------------------------------------- */

bool inet_is_v4(const struct inet_addr *addr) {
  return memcmp(addr->ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool inet_is_any(const struct inet_addr *addr) {
  static const uint8_t zero[16];
  return memcmp(addr->ip, zero, 16) == 0 ||
         (inet_is_v4(addr) && memcmp(addr->ip + 12, zero, 4) == 0);
}

static bool is_loopback(const struct inet_addr *addr) {
  static const uint8_t one[16] = {[15] = 1};
  return memcmp(addr->ip, one, 16) == 0 ||
         (inet_is_v4(addr) && addr->ip[12] == 127);
}

static void set_loopback(struct inet_addr *addr, bool v4) {
  memset(addr->ip, 0, 16);
  if (v4) {
    memcpy(addr->ip, v4_prefix, sizeof(v4_prefix));
    addr->ip[12] = 127;
  }
  addr->ip[15] = 1;
}

/* Whatever the family says; the length is enough. */
static void parse(const struct uk_sockname *name, struct inet_addr *out) {
  memset(out, 0, sizeof(*out));
  if (!name->len)
    return;
  out->port = ntohs(name->in.sin_port);
  if (name->family == AF_INET6) {
    memcpy(out->ip, &name->in6.sin6_addr, 16);
  } else {
    memcpy(out->ip, v4_prefix, sizeof(v4_prefix));
    memcpy(out->ip + 12, &name->in.sin_addr, 4);
  }
}

void inet_name(int family, const struct inet_addr *addr,
               struct uk_sockname *name) {
  memset(name, 0, sizeof(*name));
  name->family = (uint16_t)family;
  name->in.sin_port = htons(addr->port);
  if (family == AF_INET6) {
    name->len = sizeof(name->in6);
    memcpy(&name->in6.sin6_addr, addr->ip, 16);
  } else {
    name->len = sizeof(name->in);
    memcpy(&name->in.sin_addr, addr->ip + 12, 4);
  }
}

void inet_local(const struct uk_socket *sock, struct inet_addr *out) {
  parse(&sock->local, out);
}

void inet_remote(const struct uk_socket *sock, struct inet_addr *out) {
  parse(&sock->remote, out);
}

static bool long_enough(const struct uk_socket *sock,
                        const struct uk_sockname *name) {
  return name->len >=
         (sock->domain->family == AF_INET6 ? LEAST_IN6 : sizeof(name->in));
}

int inet_target(const struct uk_socket *sock, const struct uk_sockname *name,
                struct inet_addr *out) {
  bool v6 = sock->domain->family == AF_INET6;
  /* An IPv6 socket takes IPv4 names for datagrams; streams do not. */
  bool v4_name = v6 && sock->type == SOCK_DGRAM && name->family == AF_INET &&
                 name->len >= sizeof(name->in);
  if (!v4_name) {
    if (!long_enough(sock, name))
      return -EINVAL;
    if (name->family != sock->domain->family)
      return -EAFNOSUPPORT;
  }
  parse(name, out);
  if (inet_is_any(out))
    set_loopback(out, inet_is_v4(out));
  if (v6 && inet_is_v4(out) && inet_v6only(sock))
    return -ENETUNREACH;
  return is_loopback(out) ? 0 : -ENETUNREACH;
}

/* ---- Ports --------------------------------------------------------------- */

static bool same_ip(const struct inet_addr *a, const struct inet_addr *b) {
  return memcmp(a->ip, b->ip, 16) == 0;
}

/* Does "any" of @sock cover addresses like @addr? */
static bool any_covers(const struct uk_socket *sock,
                       const struct inet_addr *own,
                       const struct inet_addr *addr) {
  if (!inet_is_any(own))
    return false;
  if (inet_is_v4(own) == inet_is_v4(addr))
    return true;
  return !inet_is_v4(own) && !inet_v6only(sock); /* :: takes IPv4, too */
}

static bool may_share(const struct uk_socket *a, const struct uk_socket *b) {
  if (uk_sock_flag(a, SO_REUSEPORT) && uk_sock_flag(b, SO_REUSEPORT))
    return true;
  return uk_sock_flag(a, SO_REUSEADDR) && uk_sock_flag(b, SO_REUSEADDR) &&
         a->state != SOCK_LISTENS && b->state != SOCK_LISTENS;
}

static bool port_taken(const struct uk_socket *sock,
                       const struct inet_addr *addr, bool listens) {
  struct inet_addr other;
  for (struct uk_socket *s = uk_sockets; s; s = s->next) {
    if (s == sock || !is_inet(s) || s->type != sock->type || !s->local.len ||
        (listens && s->state != SOCK_LISTENS))
      continue;
    inet_local(s, &other);
    if (other.port == addr->port &&
        (same_ip(&other, addr) || any_covers(s, &other, addr) ||
         any_covers(sock, addr, &other)) &&
        (listens || !may_share(s, sock)))
      return true;
  }
  return false;
}

static int pick_port(const struct uk_socket *sock, struct inet_addr *addr) {
  static unsigned int next;
  for (unsigned int n = FIRST_EPHEMERAL; n <= LAST_EPHEMERAL; n++) {
    next = (next + 1) % (LAST_EPHEMERAL - FIRST_EPHEMERAL + 1);
    addr->port = (uint16_t)(FIRST_EPHEMERAL + next);
    if (!port_taken(sock, addr, false))
      return 0;
  }
  return -EADDRINUSE;
}

int inet_autobind(struct uk_socket *sock) {
  struct inet_addr own;
  if (sock->local.len)
    return 0;
  memset(&own, 0, sizeof(own));
  if (sock->domain->family == AF_INET)
    memcpy(own.ip, v4_prefix, sizeof(v4_prefix));
  int err = pick_port(sock, &own);
  if (!err)
    inet_name(sock->domain->family, &own, &sock->local);
  return err;
}

int inet_source(const struct uk_socket *sock, const struct inet_addr *to,
                struct inet_addr *from) {
  inet_local(sock, from);
  if (inet_is_any(from))
    set_loopback(from, inet_is_v4(to));
  return inet_is_v4(from) == inet_is_v4(to) ? 0 : -ENETUNREACH;
}

static int bind_checks(const struct uk_socket *sock,
                       const struct uk_sockname *name, struct inet_addr *addr) {
  bool v6 = sock->domain->family == AF_INET6;
  if (!long_enough(sock, name))
    return -EINVAL;
  parse(name, addr);
  /* Linux lets IPv4 take AF_UNSPEC for "any". */
  if (name->family != sock->domain->family &&
      (v6 || name->family != AF_UNSPEC || !inet_is_any(addr)))
    return -EAFNOSUPPORT;
  if (v6 && inet_is_v4(addr) && inet_v6only(sock))
    return -EINVAL;
  if (!inet_is_any(addr) && !is_loopback(addr))
    return -EADDRNOTAVAIL;
  if (addr->port && addr->port < FIRST_FREE &&
      !uk_capable(CAP_NET_BIND_SERVICE))
    return -EACCES;
  return sock->local.len || sock->state != SOCK_CLOSED ? -EINVAL : 0;
}

static int inet_bind(struct uk_socket *sock, const struct uk_sockname *name) {
  struct inet_addr addr;
  int err = bind_checks(sock, name, &addr);
  if (err)
    return err;
  if (!addr.port)
    err = pick_port(sock, &addr);
  else if (port_taken(sock, &addr, false))
    err = -EADDRINUSE;
  if (err)
    return err;
  inet_name(sock->domain->family, &addr, &sock->local);
  sock->bound = true;
  return 0;
}

/* ---- Finding ------------------------------------------------------------- */

/* How well @s fits: 0 not, more is better. */
static int score(const struct uk_socket *s, const struct inet_addr *from,
                 const struct inet_addr *to) {
  struct inet_addr own, remote;
  inet_local(s, &own);
  if (own.port != to->port || (!same_ip(&own, to) && !any_covers(s, &own, to)))
    return 0;
  int points = same_ip(&own, to) ? 2 : 1;
  if (s->remote.len) { /* connected: hears that one only */
    inet_remote(s, &remote);
    if (remote.port != from->port || !same_ip(&remote, from))
      return 0;
    points += 2;
  }
  return points;
}

struct uk_socket *inet_find(const struct uk_socket *from,
                            const struct inet_addr *from_addr,
                            const struct inet_addr *to) {
  struct uk_socket *best = NULL;
  int most = 0;
  for (struct uk_socket *s = uk_sockets; s; s = s->next) {
    if (!is_inet(s) || s->type != from->type ||
        (s->type == SOCK_STREAM && s->state != SOCK_LISTENS))
      continue;
    int points = score(s, from_addr, to);
    if (points > most) {
      most = points;
      best = s;
    }
  }
  return best;
}

/* ---- Streams ------------------------------------------------------------- */

static int tcp_find(struct uk_socket *sock, const struct uk_sockname *name,
                    struct uk_socket **out) {
  struct inet_addr from, to;
  int err = inet_target(sock, name, &to);
  if (err)
    return err;
  inet_local(sock, &from);
  *out = inet_find(sock, &from, &to);
  return *out ? 0 : -ECONNREFUSED;
}

static int inet_prepare(struct uk_socket *sock, const struct uk_sockname *to) {
  struct inet_addr addr, from;
  int err = inet_target(sock, to, &addr);
  if (!err && inet_autobind(sock))
    err = -EADDRNOTAVAIL;
  if (!err)
    err = inet_source(sock, &addr, &from);
  return err;
}

/* Both ends know both names, each in the way of its family. */
static void inet_connected(struct uk_socket *sock, struct uk_socket *embryo,
                           const struct uk_socket *listener,
                           const struct uk_sockname *name) {
  struct inet_addr here, there;
  (void)inet_target(sock, name, &there); /* went well before */
  (void)inet_source(sock, &there, &here);
  inet_name(sock->domain->family, &here, &sock->local);
  inet_name(sock->domain->family, &there, &sock->remote);
  inet_name(embryo->domain->family, &there, &embryo->local);
  inet_name(embryo->domain->family, &here, &embryo->remote);
  /* Options are those of the listener. */
  embryo->sndbuf = listener->sndbuf;
  embryo->rcvbuf = listener->rcvbuf;
  memcpy(embryo->flag, listener->flag, sizeof(embryo->flag));
  memcpy(embryo->inet_option, listener->inet_option,
         sizeof(embryo->inet_option));
}

static int inet_listen(struct uk_socket *sock) {
  struct inet_addr own;
  if (!sock->local.len)
    return inet_autobind(sock);
  inet_local(sock, &own);
  return port_taken(sock, &own, true) && !uk_sock_flag(sock, SO_REUSEPORT)
             ? -EADDRINUSE
             : 0;
}

static int inet_check(int type, int protocol, int *out) {
  if (protocol < 0 || protocol > 262) /* Linux's IPPROTO_MAX */
    return -EINVAL;
  int right = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  if (type != SOCK_STREAM && type != SOCK_DGRAM)
    return -ESOCKTNOSUPPORT;
  if (protocol && protocol != right)
    return -EPROTONOSUPPORT;
  *out = right;
  return 0;
}

static int inet_peer_name(struct uk_socket *sock, struct uk_sockname *name) {
  if (!sock->remote.len)
    return -ENOTCONN;
  *name = sock->remote;
  return 0;
}

static void inet_own_name(struct uk_socket *sock, struct uk_sockname *name) {
  struct inet_addr own;
  memset(&own, 0, sizeof(own));
  inet_name(sock->domain->family, &own, name);
}

#define INET_OPERATIONS                                                        \
  .inet = true, .check = inet_check, .bind = inet_bind,                        \
  .prepare = inet_prepare, .find = tcp_find, .connected = inet_connected,      \
  .listen = inet_listen, .own_name = inet_own_name,                            \
  .peer_name = inet_peer_name, .send_dgram = udp_send,                         \
  .connect_dgram = udp_connect, .get = inet_get, .set = inet_set

const struct uk_domain uk_domain_inet = {.family = AF_INET, INET_OPERATIONS};
const struct uk_domain uk_domain_inet6 = {.family = AF_INET6, INET_OPERATIONS};
