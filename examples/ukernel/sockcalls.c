/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockcalls.c - socket system calls: from socket() to shutdown(), and names
 *
 * What is checked here, and in which order, is the same for all families.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FAMILIES 46 /* Linux's NPROTO */
#define TYPES 11    /* SOCK_MAX */
#define SOMAXCONN_ 4096u

int uk_socket_get(int fd, struct uk_file **out) {
  *out = uk_fd_get(fd);
  if (!*out)
    return -EBADF;
  if ((*out)->ops->proto)
    return 0;
  uk_file_put(*out);
  return -ENOTSOCK;
}

int uk_socket_wait(struct uk_file *file, int flags, const void *channel,
                   const void *other, uint64_t deadline_ns) {
  const void *both[2] = {channel, other};
  const struct uk_channels channels = {both, other ? 2 : 1, 2};
  if ((flags & MSG_DONTWAIT) || (file->flags & O_NONBLOCK) ||
      (deadline_ns != UINT64_MAX && uk_now_ns() >= deadline_ns))
    return -EAGAIN;
  int err = uk_sleep_any(&channels, deadline_ns);
  return err == -ETIMEDOUT ? 0 : err;
}

/* ---- Names --------------------------------------------------------------- */

int uk_name_from_guest(struct uk_sockname *name, uint64_t addr, uint32_t len) {
  memset(name, 0, sizeof(*name));
  if (len > sizeof(name->bytes))
    return -EINVAL;
  if (len && copy_from_guest(name->bytes, addr, len))
    return -EFAULT;
  name->len = len;
  return 0;
}

int uk_name_to_guest(const struct uk_sockname *name, uint64_t addr,
                     uint64_t len_addr) {
  uint32_t room;
  if (copy_from_guest(&room, len_addr, sizeof(room)))
    return -EFAULT;
  if ((int)room < 0)
    return -EINVAL;
  if (copy_to_guest(addr, name->bytes, room < name->len ? room : name->len) ||
      copy_to_guest(len_addr, &name->len, sizeof(name->len)))
    return -EFAULT;
  return 0;
}

static int64_t socket_name(const uint64_t arg[6], bool peer) {
  struct uk_sockname name = {.len = 0};
  struct uk_file *file;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  err = file->ops->proto->name(file, peer, &name);
  uk_file_put(file);
  return err ? err : uk_name_to_guest(&name, arg[1], arg[2]);
}

static int64_t sys_getsockname(const uint64_t arg[6]) {
  return socket_name(arg, false);
}

static int64_t sys_getpeername(const uint64_t arg[6]) {
  return socket_name(arg, true);
}

static int64_t with_name(const uint64_t arg[6], bool connect) {
  struct uk_sockname name;
  struct uk_file *file;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int (*fn)(struct uk_file *, const struct uk_sockname *) =
      connect ? file->ops->proto->connect : file->ops->proto->bind;
  err = uk_name_from_guest(&name, arg[1], (uint32_t)arg[2]);
  if (!err)
    err = fn ? fn(file, &name) : -EOPNOTSUPP;
  uk_file_put(file);
  return err;
}

static int64_t sys_connect(const uint64_t arg[6]) {
  return with_name(arg, true);
}

static int64_t sys_bind(const uint64_t arg[6]) { return with_name(arg, false); }

/* ---- Making sockets ------------------------------------------------------ */

static const struct uk_domain *find_domain(int family) {
  static const struct uk_domain *const domains[] = {
      &uk_domain_unix, &uk_domain_inet, &uk_domain_inet6, &uk_domain_netlink};
  for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
    if (domains[i]->family == family)
      return domains[i];
  return NULL;
}

/* Linux's order: flags, family, type, whether the family is there, and what it
 * says of type and protocol. *@protocol becomes the one that it has. */
static int check_type(int family, int type, int *protocol,
                      const struct uk_domain **domain) {
  if (type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC))
    return -EINVAL;
  type &= 0xf;
  if (family < 0 || family >= FAMILIES)
    return -EAFNOSUPPORT;
  if (type >= TYPES)
    return -EINVAL;
  *domain = find_domain(family);
  return *domain ? (*domain)->check(type, *protocol, protocol) : -EAFNOSUPPORT;
}

static int64_t sys_socket(const uint64_t arg[6]) {
  int type = (int)arg[1], protocol = (int)arg[2];
  const struct uk_domain *domain;
  int err = check_type((int)arg[0], type, &protocol, &domain);
  if (err)
    return err;
  struct uk_file *file = uk_sock_new(domain, type, protocol);
  return file ? uk_fd_install(file, 0, type & SOCK_CLOEXEC) : -ENOMEM;
}

/* The two numbers that come next. */
static int free_fds(int fd[2]) {
  int n = 0;
  for (int i = 0; i < (int)UK_MAX_FDS && n < 2; i++)
    if (!uk_fd_file(i))
      fd[n++] = i;
  return n == 2 ? 0 : -EMFILE;
}

static int64_t sys_socketpair(const uint64_t arg[6]) {
  int type = (int)arg[1], protocol = (int)arg[2], fd[2];
  const struct uk_domain *domain;
  if (type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC))
    return -EINVAL;
  int err = free_fds(fd);
  if (!err)
    err = copy_to_guest(arg[3], fd, sizeof(fd)); /* as Linux, before the rest */
  if (!err)
    err = check_type((int)arg[0], type, &protocol, &domain);
  if (!err && domain != &uk_domain_unix)
    err = -EOPNOTSUPP;
  if (err)
    return err;
  struct uk_file *a = uk_sock_new(domain, type, protocol);
  struct uk_file *b = uk_sock_new(domain, type, protocol);
  if (!a || !b) {
    uk_file_put(a);
    uk_file_put(b);
    return -ENOMEM;
  }
  uk_sock_join(uk_sock_of(a), uk_sock_of(b));
  uk_cred_current(&uk_sock_of(a)->peer_cred);
  uk_cred_current(&uk_sock_of(b)->peer_cred);
  uk_fd_install(a, fd[0], type & SOCK_CLOEXEC);
  uk_fd_install(b, fd[1], type & SOCK_CLOEXEC);
  return 0;
}

static int64_t sys_listen(const uint64_t arg[6]) {
  struct uk_file *file;
  unsigned int backlog = (unsigned int)arg[1];
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if (backlog > SOMAXCONN_)
    backlog = SOMAXCONN_;
  err = file->ops->proto->listen ? file->ops->proto->listen(file, (int)backlog)
                                 : -EOPNOTSUPP;
  uk_file_put(file);
  return err;
}

static bool table_full(void) {
  for (int i = 0; i < (int)UK_MAX_FDS; i++)
    if (!uk_fd_file(i))
      return false;
  return true;
}

static int accept_name(struct uk_file *file, uint64_t addr, uint64_t len_addr) {
  struct uk_sockname name = {.len = 0};
  if (!addr)
    return 0;
  if (file->ops->proto->name(file, true, &name))
    return -ECONNABORTED;
  return uk_name_to_guest(&name, addr, len_addr);
}

static int64_t do_accept(const uint64_t arg[6], int flags) {
  struct uk_file *file, *got = NULL;
  if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
    return -EINVAL;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if (table_full())
    err = -EMFILE;
  else if (!file->ops->proto->accept)
    err = -EOPNOTSUPP;
  else
    err = file->ops->proto->accept(file, flags, &got);
  uk_file_put(file);
  if (!err)
    err = accept_name(got, arg[1], arg[2]);
  if (err) {
    uk_file_put(got);
    return err;
  }
  return uk_fd_install(got, 0, flags & SOCK_CLOEXEC);
}

static int64_t sys_accept(const uint64_t arg[6]) { return do_accept(arg, 0); }

static int64_t sys_accept4(const uint64_t arg[6]) {
  return do_accept(arg, (int)arg[3]);
}

static int64_t sys_shutdown(const uint64_t arg[6]) {
  struct uk_file *file;
  int how = (int)arg[1];
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if (!file->ops->proto->shutdown)
    err = -EOPNOTSUPP;
  else if (how < SHUT_RD || how > SHUT_RDWR)
    err = -EINVAL;
  else
    err = file->ops->proto->shutdown(file, how);
  uk_file_put(file);
  return err;
}

const struct uk_syscall_row uk_syscalls_socket[] = {
    {41, {"socket", sys_socket}},
    {42, {"connect", sys_connect}},
    {43, {"accept", sys_accept}},
    {48, {"shutdown", sys_shutdown}},
    {49, {"bind", sys_bind}},
    {50, {"listen", sys_listen}},
    {51, {"getsockname", sys_getsockname}},
    {52, {"getpeername", sys_getpeername}},
    {53, {"socketpair", sys_socketpair}},
    {288, {"accept4", sys_accept4}},
    {0, {NULL, NULL}},
};
