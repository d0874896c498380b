/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockunix.c - names of AF_UNIX: paths, abstract names, autobind
 *
 * A socket with a path is found by the inode that bind made, an abstract one by
 * the bytes of its name and its type.
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PATH_AT offsetof(struct sockaddr_un, sun_path)
#define AUTO_NAMES 0x100000u /* five hexadecimal digits */

static int check_name(const struct uk_sockname *name) {
  return name->len <= PATH_AT || name->len > sizeof(name->un) ||
                 name->family != AF_UNIX
             ? -EINVAL
             : 0;
}

static void path_of(const struct uk_sockname *name,
                    char path[sizeof(name->un.sun_path) + 1]) {
  size_t n = name->len - PATH_AT;
  memcpy(path, name->un.sun_path, n);
  path[n] = '\0';
}

/* ---- Finding ------------------------------------------------------------- */

static struct uk_socket *find_abstract(const struct uk_sockname *name,
                                       int type) {
  for (struct uk_socket *s = uk_sockets; s; s = s->next)
    if (s->bound && s->domain == &uk_domain_unix && !s->inode &&
        s->type == type && s->local.len == name->len &&
        memcmp(s->local.bytes, name->bytes, name->len) == 0)
      return s;
  return NULL;
}

static int find_path(const struct uk_sockname *name, int type,
                     struct uk_socket **out) {
  char path[sizeof(name->un.sun_path) + 1];
  struct uk_walk walk;
  path_of(name, path);
  int err = uk_walk(AT_FDCWD, path, UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  struct uk_socket *s = walk.inode ? uk_sockets : NULL;
  while (s && (!s->bound || !s->inode || !uk_inode_same(s->inode, walk.inode)))
    s = s->next;
  uk_walk_end(&walk);
  *out = s;
  if (!s)
    return -ECONNREFUSED;
  return s->type == type ? 0 : -EPROTOTYPE;
}

static int unix_find(struct uk_socket *sock, const struct uk_sockname *name,
                     struct uk_socket **out) {
  int err = check_name(name);
  if (err)
    return err;
  if (name->un.sun_path[0])
    return find_path(name, sock->type, out);
  *out = find_abstract(name, sock->type);
  return *out ? 0 : -ECONNREFUSED;
}

/* ---- Binding ------------------------------------------------------------- */

static int bind_auto(struct uk_socket *sock) {
  static unsigned int next;
  struct uk_sockname name = {.un = {.sun_family = AF_UNIX}};
  name.len = PATH_AT + 6;
  if (sock->local.len)
    return 0;
  for (unsigned int tries = 0; tries < AUTO_NAMES; tries++) {
    next = (next + 1) % AUTO_NAMES;
    snprintf(name.un.sun_path + 1, 6, "%05x", next);
    if (!find_abstract(&name, sock->type)) {
      sock->local = name;
      sock->bound = true;
      return 0;
    }
  }
  return -ENOSPC;
}

static int bind_abstract(struct uk_socket *sock,
                         const struct uk_sockname *name) {
  if (sock->local.len)
    return -EINVAL;
  if (find_abstract(name, sock->type))
    return -EADDRINUSE;
  sock->local = *name;
  sock->bound = true;
  return 0;
}

static int bind_path(struct uk_socket *sock, const struct uk_sockname *name) {
  char path[sizeof(name->un.sun_path) + 1];
  struct uk_inode *inode = NULL;
  path_of(name, path);
  mode_t mode = S_IFSOCK | (0777 & ~uk_where()->umask);
  int err = uk_make_node(path, mode, sock->local.len != 0, &inode);
  if (err)
    return err == -EEXIST ? -EADDRINUSE : err;
  sock->inode = inode;
  sock->local = *name;
  sock->local.len = (uint32_t)(PATH_AT + strlen(path) + 1);
  sock->bound = true;
  return 0;
}

static int unix_bind(struct uk_socket *sock, const struct uk_sockname *name) {
  if (name->len == PATH_AT && name->family == AF_UNIX)
    return bind_auto(sock);
  int err = check_name(name);
  if (err)
    return err;
  return name->un.sun_path[0] ? bind_path(sock, name)
                              : bind_abstract(sock, name);
}

/* Who wants to tell others who it is needs a name. */
static int unix_prepare(struct uk_socket *sock, const struct uk_sockname *to) {
  (void)to;
  return sock->passcred ? bind_auto(sock) : 0;
}

static void unix_unbind(struct uk_socket *sock) {
  sock->bound = false;
  uk_inode_put(sock->inode);
  sock->inode = NULL;
}

static int unix_check(int type, int protocol, int *out) {
  if (protocol && protocol != AF_UNIX)
    return -EPROTONOSUPPORT;
  *out = 0; /* Linux tells 0 for both */
  return type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET ||
                 type == SOCK_RAW
             ? 0
             : -ESOCKTNOSUPPORT;
}

const struct uk_domain uk_domain_unix = {
    .family = AF_UNIX,
    .check = unix_check,
    .bind = unix_bind,
    .prepare = unix_prepare,
    .find = unix_find,
    .unbind = unix_unbind,
};
