/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * inet.h - what inet.c (addresses, ports, streams), udp.c and inetopt.c share
 */
#ifndef UKERNEL_INET_H
#define UKERNEL_INET_H

#include "sock.h"

#include <netinet/in.h>

/* IPv4 as ::ffff:a.b.c.d; @port in the guest's order. */
struct inet_addr {
  uint8_t ip[16];
  uint16_t port;
};

bool inet_is_any(const struct inet_addr *addr);
bool inet_is_v4(const struct inet_addr *addr);
/* An address that somebody sends to: -EINVAL, -EAFNOSUPPORT, -ENETUNREACH.
 * "Any" becomes the loopback address. */
int inet_target(const struct uk_socket *sock, const struct uk_sockname *name,
                struct inet_addr *out);
void inet_local(const struct uk_socket *sock, struct inet_addr *out);
void inet_remote(const struct uk_socket *sock, struct inet_addr *out);
/* As a socket of @family is told. */
void inet_name(int family, const struct inet_addr *addr,
               struct uk_sockname *name);
int inet_autobind(struct uk_socket *sock); /* a free port if it has none */
/* Where what @sock sends to @to comes from. */
int inet_source(const struct uk_socket *sock, const struct inet_addr *to,
                struct inet_addr *from);
/* The socket that takes what is sent to @to by @from; NULL: none. */
struct uk_socket *inet_find(const struct uk_socket *from,
                            const struct inet_addr *from_addr,
                            const struct inet_addr *to);

/* udp.c */
int udp_connect(struct uk_socket *sock, const struct uk_sockname *name);
ssize_t udp_send(struct uk_file *file, struct uk_msg *msg);

/* inetopt.c */
int inet_get(struct uk_socket *sock, int level, int name, void *value,
             uint32_t *bytes);
int inet_set(struct uk_socket *sock, int level, int name, const void *value,
             uint32_t bytes);
bool inet_v6only(const struct uk_socket *sock);

#endif /* UKERNEL_INET_H */
