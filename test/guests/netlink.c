/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * netlink.c - guest test: NETLINK_ROUTE tells of the loopback interface
 *
 * Plain libc: runs on Linux and in ukernel with the same output; other
 * interfaces than lo are passed over.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

struct request {
  struct nlmsghdr hdr;
  struct ifinfomsg info;
  char attributes[64];
};

static int reply_of(int sock, struct request *request, int type, int flags,
                    size_t bytes, char *reply, size_t room) {
  static uint32_t seq;
  request->hdr = (struct nlmsghdr){(uint32_t)bytes, (uint16_t)type,
                                   (uint16_t)(NLM_F_REQUEST | flags), ++seq, 0};
  if (send(sock, request, bytes, 0) != (ssize_t)bytes)
    return -1000;
  ssize_t n = recv(sock, reply, room, MSG_DONTWAIT);
  if (n < 0)
    return -errno - 2000;
  struct nlmsghdr *hdr = (void *)reply;
  if (hdr->nlmsg_seq != seq)
    return -3000;
  if (hdr->nlmsg_type == NLMSG_ERROR)
    return ((struct nlmsgerr *)NLMSG_DATA(hdr))->error;
  return hdr->nlmsg_type;
}

static void test_socket(void) {
  struct sockaddr_nl name = {.nl_family = AF_NETLINK}, got;
  socklen_t len = sizeof(got);
  int value = -1;
  FAILS(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE), ESOCKTNOSUPPORT);
  FAILS(socket(AF_NETLINK, SOCK_RAW, 77), EPROTONOSUPPORT);
  FAILS(socket(AF_NETLINK, SOCK_RAW, -1), EPROTONOSUPPORT);
  int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  int t = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE), pair[2];
  CHECK(s >= 0 && t >= 0);
  FAILS(socketpair(AF_NETLINK, SOCK_RAW, 0, pair), EOPNOTSUPP);
  CHECK(getsockname(s, (struct sockaddr *)&got, &len) == 0 && len == 12);
  CHECK(got.nl_family == AF_NETLINK && got.nl_pid == 0);
  FAILS(bind(s, (struct sockaddr *)&name, 8), EINVAL);
  CHECK(bind(s, (struct sockaddr *)&name, sizeof(name)) == 0);
  CHECK(getsockname(s, (struct sockaddr *)&got, &len) == 0);
  CHECK(got.nl_pid == (uint32_t)getpid());
  FAILS(bind(t, (struct sockaddr *)&got, sizeof(got)), EADDRINUSE);
  CHECK(bind(t, (struct sockaddr *)&name, sizeof(name)) == 0);
  CHECK(getsockname(t, (struct sockaddr *)&got, &len) == 0);
  CHECK((int)got.nl_pid < 0);
  len = sizeof(value);
  CHECK(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &len) == 0);
  CHECK(value == SOCK_RAW);
  FAILS(listen(s, 1), EOPNOTSUPP);
  FAILS(send(s, "", 0, 0), ENODATA);
  struct pollfd p = {s, POLLIN | POLLOUT, 0};
  CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLOUT);
  close(s);
  close(t);
  puts("ok socket");
}

static void test_requests(void) {
  struct request request;
  char reply[8192];
  int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  size_t plain = NLMSG_LENGTH(sizeof(request.info));
  memset(&request, 0, sizeof(request));
  request.info.ifi_index = 1;
  CHECK(reply_of(s, &request, RTM_GETLINK, 0, plain, reply, sizeof(reply)) ==
        RTM_NEWLINK);
  const struct ifinfomsg *info = NLMSG_DATA((struct nlmsghdr *)(void *)reply);
  CHECK(info->ifi_index == 1 && (info->ifi_flags & IFF_LOOPBACK));
  request.info.ifi_index = 99999;
  CHECK(reply_of(s, &request, RTM_GETLINK, 0, plain, reply, sizeof(reply)) ==
        -ENODEV);
  CHECK(memcmp(reply + NLMSG_LENGTH(4), &request, plain) == 0);
  request.info.ifi_index = 0;
  CHECK(reply_of(s, &request, RTM_GETLINK, 0, plain, reply, sizeof(reply)) ==
        -EINVAL);
  struct rtattr attr = {RTA_LENGTH(3), IFLA_IFNAME};
  memcpy(request.attributes, &attr, sizeof(attr));
  memcpy(request.attributes + 4, "lo", 3);
  CHECK(reply_of(s, &request, RTM_GETLINK, 0, plain + 8, reply,
                 sizeof(reply)) == RTM_NEWLINK);
  memcpy(request.attributes + 4, "zz", 3);
  CHECK(reply_of(s, &request, RTM_GETLINK, 0, plain + 8, reply,
                 sizeof(reply)) == -ENODEV);
  CHECK(reply_of(s, &request, NLMSG_NOOP, NLM_F_ACK, 16, reply,
                 sizeof(reply)) == 0);
  CHECK(reply_of(s, &request, 5000, 0, plain, reply, sizeof(reply)) ==
        -EOPNOTSUPP);
  FAILS(recv(s, reply, sizeof(reply), MSG_DONTWAIT), EAGAIN);
  request.hdr.nlmsg_len = 8; /* too short: not looked at */
  CHECK(send(s, &request, 16, 0) == 16);
  request.hdr.nlmsg_len = 1 << 20;
  CHECK(send(s, &request, 32, 0) == 32);
  FAILS(recv(s, reply, sizeof(reply), MSG_DONTWAIT), EAGAIN);
  close(s);
  puts("ok requests");
}

/* A Linux may be without. */
static int have_v6(void) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int s = socket(AF_INET6, SOCK_DGRAM, 0);
  int has = s >= 0 && bind(s, (struct sockaddr *)&name, sizeof(name)) == 0;
  close(s);
  return has;
}

static void test_addresses(void) {
  struct ifaddrs *all = NULL;
  int v6 = 0;
  CHECK(getifaddrs(&all) == 0);
  for (struct ifaddrs *one = all; one; one = one->ifa_next) {
    char text[64] = "";
    if (strcmp(one->ifa_name, "lo") || !one->ifa_addr)
      continue;
    if (one->ifa_addr->sa_family == AF_INET)
      inet_ntop(AF_INET, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, text,
                sizeof(text));
    if (one->ifa_addr->sa_family == AF_INET6) {
      v6 = 1;
      continue;
    }
    printf("lo: family %d %s flags %x\n", one->ifa_addr->sa_family, text,
           one->ifa_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING));
  }
  CHECK(v6 == have_v6());
  freeifaddrs(all);
  struct if_nameindex *names = if_nameindex();
  CHECK(names && names[0].if_index == 1 && !strcmp(names[0].if_name, "lo"));
  if (names)
    if_freenameindex(names);
  puts("ok addresses");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_socket();
  test_requests();
  test_addresses();
  return failures != 0;
}
