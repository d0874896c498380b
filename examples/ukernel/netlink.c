/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * netlink.c - AF_NETLINK, of which NETLINK_ROUTE: what interfaces there are
 *
 * The kernel answers a request while it is sent. It tells of the loopback
 * interface and its addresses, and changes nothing: that gives -EOPNOTSUPP, or
 * -EPERM without the capability. There are no events.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#define LO_INDEX 1
#define LO_MTU 65536u
#define REPLY_MAX 4096u

_Static_assert(sizeof(struct sockaddr_nl) <= sizeof(struct sockaddr_storage),
               "fits a name");

static uint32_t port_of(const struct uk_sockname *name) {
  struct sockaddr_nl nl = {.nl_pid = 0};
  if (name->len)
    memcpy(&nl, name->bytes, sizeof(nl));
  return nl.nl_pid;
}

static void set_port(struct uk_sockname *name, uint32_t port, uint32_t groups) {
  struct sockaddr_nl nl = {AF_NETLINK, 0, port, groups};
  memset(name, 0, sizeof(*name));
  memcpy(name->bytes, &nl, sizeof(nl));
  name->len = sizeof(nl);
}

/* ---- Names --------------------------------------------------------------- */

static int netlink_check(int type, int protocol, int *out) {
  if (type != SOCK_RAW && type != SOCK_DGRAM)
    return -ESOCKTNOSUPPORT;
  if (protocol != NETLINK_ROUTE)
    return -EPROTONOSUPPORT;
  *out = protocol;
  return 0;
}

static bool port_taken(uint32_t port) {
  for (struct uk_socket *s = uk_sockets; s; s = s->next)
    if (s->domain == &uk_domain_netlink && s->local.len &&
        port_of(&s->local) == port)
      return true;
  return false;
}

/* The process's number, or, as on Linux, some negative one. */
static void autobind(struct uk_socket *sock, uint32_t groups) {
  uint32_t port = (uint32_t)uk_proc_pid(uk_task_proc(uk_current()));
  if (sock->local.len)
    return;
  for (uint32_t next = (uint32_t)-4097; !port || port_taken(port); next--)
    port = next;
  set_port(&sock->local, port, groups);
}

static int check_name(const struct uk_sockname *name, struct sockaddr_nl *nl) {
  if (name->len < sizeof(*nl) || name->family != AF_NETLINK)
    return -EINVAL;
  memcpy(nl, name->bytes, sizeof(*nl));
  return 0;
}

static int netlink_bind(struct uk_socket *sock,
                        const struct uk_sockname *name) {
  struct sockaddr_nl nl;
  int err = check_name(name, &nl);
  if (err)
    return err;
  if (sock->local.len && port_of(&sock->local) != nl.nl_pid)
    return -EINVAL;
  if (!nl.nl_pid)
    autobind(sock, nl.nl_groups);
  else if (!sock->local.len && port_taken(nl.nl_pid))
    return -EADDRINUSE;
  else
    set_port(&sock->local, nl.nl_pid, nl.nl_groups);
  return 0;
}

static int netlink_connect(struct uk_socket *sock,
                           const struct uk_sockname *name) {
  struct sockaddr_nl nl;
  if (name->len < sizeof(name->family))
    return -EINVAL;
  if (name->family == AF_UNSPEC) {
    sock->remote.len = 0;
    return 0;
  }
  int err = check_name(name, &nl);
  if (err)
    return err;
  if ((nl.nl_pid || nl.nl_groups) && !uk_capable(CAP_NET_ADMIN))
    return -EPERM;
  autobind(sock, 0);
  sock->remote = *name;
  return 0;
}

static void netlink_own_name(struct uk_socket *sock, struct uk_sockname *name) {
  (void)sock;
  set_port(name, 0, 0);
}

static int netlink_peer_name(struct uk_socket *sock, struct uk_sockname *name) {
  set_port(name, port_of(&sock->remote), 0);
  return 0;
}

/* ---- Answers ------------------------------------------------------------- */

struct reply {
  struct uk_socket *sock;
  const struct nlmsghdr *request;
  size_t used;
  char bytes[REPLY_MAX];
};

static void *reply_add(struct reply *reply, size_t bytes) {
  void *at = reply->bytes + reply->used;
  memset(at, 0, NLMSG_ALIGN(bytes));
  reply->used += NLMSG_ALIGN(bytes);
  return at;
}

/* Its length is set by reply_end(). */
static struct nlmsghdr *reply_begin(struct reply *reply, int type, int flags) {
  struct nlmsghdr *hdr = reply_add(reply, sizeof(*hdr));
  hdr->nlmsg_type = (uint16_t)type;
  hdr->nlmsg_flags = (uint16_t)flags;
  hdr->nlmsg_seq = reply->request->nlmsg_seq;
  hdr->nlmsg_pid = port_of(&reply->sock->local);
  return hdr;
}

static void reply_end(struct reply *reply, struct nlmsghdr *hdr) {
  hdr->nlmsg_len = (uint32_t)(reply->bytes + reply->used - (char *)hdr);
}

static void reply_attr(struct reply *reply, int type, const void *data,
                       size_t bytes) {
  struct rtattr *attr = reply_add(reply, sizeof(*attr) + bytes);
  attr->rta_type = (uint16_t)type;
  attr->rta_len = (uint16_t)(sizeof(*attr) + bytes);
  memcpy(attr + 1, data, bytes);
}

/* From the kernel, which is port 0. A full queue loses it, and says so. */
static void reply_send(struct reply *reply, const char *bytes, size_t n) {
  struct uk_socket *sock = reply->sock;
  struct uk_sockname kernel;
  struct uk_msg msg = {
      .buf = (char *)(uintptr_t)bytes, .n = n, .has_cred = true};
  set_port(&kernel, 0, 0);
  if (sock->queued > (size_t)sock->rcvbuf ||
      uk_sock_queue(sock, &kernel, sock, &msg, 0, n)) {
    sock->error = ENOBUFS;
    uk_sock_changed(sock);
  }
}

static void reply_flush(struct reply *reply) {
  if (reply->used)
    reply_send(reply, reply->bytes, reply->used);
  reply->used = 0;
}

static void add_link(struct reply *reply, int flags) {
  static const uint8_t address[6];
  const uint32_t mtu = LO_MTU, queue = 1000;
  const uint8_t operstate = 0; /* unknown, as Linux's lo */
  struct nlmsghdr *hdr = reply_begin(reply, RTM_NEWLINK, flags);
  struct ifinfomsg *info = reply_add(reply, sizeof(*info));
  info->ifi_type = ARPHRD_LOOPBACK;
  info->ifi_index = LO_INDEX;
  info->ifi_flags =
      IFF_UP | IFF_LOOPBACK | IFF_RUNNING | 0x10000; /* LOWER_UP */
  reply_attr(reply, IFLA_IFNAME, "lo", 3);
  reply_attr(reply, IFLA_TXQLEN, &queue, sizeof(queue));
  reply_attr(reply, IFLA_OPERSTATE, &operstate, sizeof(operstate));
  reply_attr(reply, IFLA_MTU, &mtu, sizeof(mtu));
  reply_attr(reply, IFLA_ADDRESS, address, sizeof(address));
  reply_attr(reply, IFLA_BROADCAST, address, sizeof(address));
  reply_end(reply, hdr);
}

static void add_address(struct reply *reply, int family) {
  static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
  bool is_v4 = family == AF_INET;
  const void *address = is_v4 ? v4 : v6;
  size_t bytes = is_v4 ? sizeof(v4) : sizeof(v6);
  struct nlmsghdr *hdr = reply_begin(reply, RTM_NEWADDR, NLM_F_MULTI);
  struct ifaddrmsg *info = reply_add(reply, sizeof(*info));
  info->ifa_family = (uint8_t)family;
  info->ifa_prefixlen = is_v4 ? 8 : 128;
  info->ifa_flags = IFA_F_PERMANENT;
  info->ifa_scope = RT_SCOPE_HOST;
  info->ifa_index = LO_INDEX;
  reply_attr(reply, IFA_ADDRESS, address, bytes);
  if (is_v4) {
    reply_attr(reply, IFA_LOCAL, address, bytes);
    reply_attr(reply, IFA_LABEL, "lo", 3);
  }
  reply_end(reply, hdr);
}

static int dump(struct reply *reply, int type, int family) {
  if (type == RTM_GETLINK) {
    add_link(reply, NLM_F_MULTI);
  } else if (type == RTM_GETADDR) {
    if (family != AF_INET6)
      add_address(reply, AF_INET);
    if (family != AF_INET)
      add_address(reply, AF_INET6);
  } else if (type != RTM_GETROUTE && type != RTM_GETNEIGH) {
    return -EOPNOTSUPP;
  }
  reply_flush(reply);
  struct nlmsghdr *hdr = reply_begin(reply, NLMSG_DONE, NLM_F_MULTI);
  reply_add(reply, sizeof(int));
  reply_end(reply, hdr);
  reply_flush(reply);
  return 0;
}

/* One interface, by number or by name. */
static int get_link(struct reply *reply) {
  const struct nlmsghdr *request = reply->request;
  const struct ifinfomsg *info = NLMSG_DATA(request);
  if (request->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
    return -EINVAL;
  int index = info->ifi_index;
  int left = (int)(request->nlmsg_len - NLMSG_LENGTH(sizeof(*info)));
  const struct rtattr *attr =
      (const void *)((const char *)info + NLMSG_ALIGN(sizeof(*info)));
  for (; index == 0 && RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
    if (attr->rta_type == IFLA_IFNAME)
      index = RTA_PAYLOAD(attr) >= 2 &&
                      strncmp(RTA_DATA(attr), "lo", RTA_PAYLOAD(attr)) == 0
                  ? LO_INDEX
                  : -1;
  if (index == 0)
    return -EINVAL;
  if (index != LO_INDEX)
    return -ENODEV;
  add_link(reply, 0);
  reply_flush(reply);
  return 0;
}

/* ---- Requests ------------------------------------------------------------ */

static int answer(struct reply *reply, const struct nlmsghdr *request) {
  int type = request->nlmsg_type;
  if (type > RTM_MAX)
    return -EOPNOTSUPP;
  if (request->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtgenmsg)))
    return 0;
  const struct rtgenmsg *gen = NLMSG_DATA(request);
  if ((type & 3) != (RTM_GETLINK & 3)) /* new, delete, set */
    return uk_capable(CAP_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
  if (request->nlmsg_flags & NLM_F_DUMP)
    return dump(reply, type, gen->rtgen_family);
  return type == RTM_GETLINK ? get_link(reply) : -EOPNOTSUPP;
}

/* An error carries the whole request, success its header. */
static int acknowledge(struct reply *reply, const struct nlmsghdr *request,
                       int err) {
  size_t copied = err ? request->nlmsg_len : sizeof(*request);
  size_t bytes = NLMSG_LENGTH(sizeof(int)) + NLMSG_ALIGN(copied);
  char *text = calloc(1, bytes);
  if (!text)
    return -ENOBUFS;
  struct nlmsghdr hdr = {(uint32_t)bytes, NLMSG_ERROR, err ? 0 : NLM_F_CAPPED,
                         request->nlmsg_seq, port_of(&reply->sock->local)};
  memcpy(text, &hdr, sizeof(hdr));
  memcpy(text + sizeof(hdr), &err, sizeof(err));
  memcpy(text + sizeof(hdr) + sizeof(err), request, copied);
  reply_send(reply, text, bytes);
  free(text);
  return 0;
}

static void requests(struct uk_socket *sock, const char *bytes, size_t n) {
  struct reply *reply = malloc(sizeof(*reply));
  if (!reply) {
    sock->error = ENOBUFS;
    return;
  }
  while (n >= sizeof(struct nlmsghdr)) {
    /* malloc's alignment, and steps of four. */
    const struct nlmsghdr *request = (const void *)bytes;
    if (request->nlmsg_len < sizeof(*request) || request->nlmsg_len > n)
      break;
    int err = 0;
    reply->sock = sock;
    reply->request = request;
    reply->used = 0;
    if ((request->nlmsg_flags & NLM_F_REQUEST) &&
        request->nlmsg_type >= NLMSG_MIN_TYPE)
      err = answer(reply, request);
    if (err || (request->nlmsg_flags & NLM_F_ACK))
      (void)acknowledge(reply, request, err);
    size_t step = NLMSG_ALIGN(request->nlmsg_len);
    bytes += step < n ? step : n;
    n -= step < n ? step : n;
  }
  free(reply);
}

static ssize_t netlink_send(struct uk_file *file, struct uk_msg *msg) {
  struct uk_socket *sock = uk_sock_of(file);
  uint32_t port = port_of(&sock->remote);
  uk_msg_put_fds(msg);
  if (msg->n == 0)
    return -ENODATA;
  if (msg->name.len) {
    struct sockaddr_nl nl;
    int err = check_name(&msg->name, &nl);
    if (err)
      return err;
    if ((nl.nl_pid || nl.nl_groups) && !uk_capable(CAP_NET_ADMIN))
      return -EPERM;
    port = nl.nl_pid;
  }
  autobind(sock, 0);
  if (msg->n + 32 > (size_t)sock->sndbuf)
    return -EMSGSIZE;
  if (port)
    return -ECONNREFUSED; /* only the kernel listens */
  requests(sock, msg->buf, msg->n);
  return (ssize_t)msg->n;
}

/* Groups of events, of which there are none. */
static int netlink_set(struct uk_socket *sock, int level, int name,
                       const void *value, uint32_t bytes) {
  int group;
  (void)sock;
  if (level != SOL_NETLINK ||
      (name != NETLINK_ADD_MEMBERSHIP && name != NETLINK_DROP_MEMBERSHIP))
    return -ENOPROTOOPT;
  if (bytes < sizeof(group))
    return -EINVAL;
  if (!value)
    return -EFAULT;
  memcpy(&group, value, sizeof(group));
  return group > 0 && group <= RTNLGRP_MAX ? 0 : -EINVAL;
}

static int netlink_get(struct uk_socket *sock, int level, int name, void *value,
                       uint32_t *bytes) {
  (void)sock;
  (void)level;
  (void)name;
  (void)value;
  (void)bytes;
  return -ENOPROTOOPT;
}

const struct uk_domain uk_domain_netlink = {
    .family = AF_NETLINK,
    .check = netlink_check,
    .bind = netlink_bind,
    .own_name = netlink_own_name,
    .peer_name = netlink_peer_name,
    .connect_dgram = netlink_connect,
    .send_dgram = netlink_send,
    .get = netlink_get,
    .set = netlink_set,
};
