/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * inetopt.c - options of IP, IPv6, TCP and UDP
 *
 * Those that change nothing between two sockets of one machine are kept and
 * told; netfilter's tables, multicast and the rest give -ENOPROTOOPT.
 */
#define _GNU_SOURCE
#include "inet.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

/* Where a value is kept, in sock->inet_option; @least, @most: else -EINVAL. */
static const struct option {
  int level, name, first, least, most;
  bool truth;
} options[] = {
    {IPPROTO_IP, IP_TOS, 0, 0, 255, false},
    {IPPROTO_IP, IP_TTL, 64, 1, 255, false},
    {IPPROTO_IP, IP_MTU_DISCOVER, 1, 0, 5, false},
    {IPPROTO_IP, IP_FREEBIND, 0, 0, 0, true},
    {IPPROTO_IPV6, IPV6_V6ONLY, 0, 0, 0, true},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, -1, 255, false},
    {IPPROTO_IPV6, IPV6_TCLASS, 0, -1, 255, false},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, 1, 0, 5, false},
    {IPPROTO_TCP, TCP_NODELAY, 0, 0, 0, true},
    {IPPROTO_TCP, TCP_CORK, 0, 0, 0, true},
    {IPPROTO_TCP, TCP_KEEPIDLE, 7200, 1, 32767, false},
    {IPPROTO_TCP, TCP_KEEPINTVL, 75, 1, 32767, false},
    {IPPROTO_TCP, TCP_KEEPCNT, 9, 1, 127, false},
    {IPPROTO_TCP, TCP_SYNCNT, 6, 1, 127, false},
    {IPPROTO_TCP, TCP_QUICKACK, 1, 0, 0, true},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, 0x7fffffff, false},
};
#define N_OPTIONS (sizeof(options) / sizeof(options[0]))
#define V6ONLY 4
_Static_assert(N_OPTIONS == INET_OPTIONS, "room in struct uk_socket");

bool inet_v6only(const struct uk_socket *sock) {
  return sock->inet_option[V6ONLY] != 0;
}

static const struct option *find(const struct uk_socket *sock, int level,
                                 int name) {
  if ((level == IPPROTO_TCP && sock->type != SOCK_STREAM) ||
      (level == IPPROTO_IPV6 && sock->domain->family != AF_INET6))
    return NULL;
  for (size_t i = 0; i < N_OPTIONS; i++)
    if (options[i].level == level && options[i].name == name)
      return &options[i];
  return NULL;
}

/* Kept as the distance from what it is at first. */
int inet_get(struct uk_socket *sock, int level, int name, void *value,
             uint32_t *bytes) {
  const struct option *option = find(sock, level, name);
  if (!option) /* as Linux: IPv4 has another errno for unknown levels */
    return sock->domain->family == AF_INET && level != IPPROTO_IP &&
                   level != sock->protocol
               ? -EOPNOTSUPP
               : -ENOPROTOOPT;
  int number = sock->inet_option[option - options] + option->first;
  memcpy(value, &number, sizeof(number));
  *bytes = sizeof(number);
  return 0;
}

int inet_set(struct uk_socket *sock, int level, int name, const void *value,
             uint32_t bytes) {
  const struct option *option = find(sock, level, name);
  int number = 0;
  if (!option)
    return -ENOPROTOOPT;
  /* IP takes a byte, too. */
  if (bytes < (level == IPPROTO_IP ? 1 : sizeof(number)))
    return -EINVAL;
  if (!value)
    return -EFAULT;
  memcpy(&number, value, bytes < sizeof(number) ? 1 : sizeof(number));
  if (option->truth)
    number = number != 0;
  else if (number < option->least || number > option->most)
    return -EINVAL;
  if (option == &options[V6ONLY] && sock->local.len)
    return -EINVAL;
  sock->inet_option[option - options] = number - option->first;
  return 0;
}
