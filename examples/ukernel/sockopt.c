/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockopt.c - socket system calls: options, names, and what sockets that come
 * in pairs refuse
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int option_value(const struct uk_file *file, int name, int value[4],
                        uint32_t *bytes) {
  memset(value, 0, 4 * sizeof(*value));
  *bytes = sizeof(int);
  switch (name) {
  case SO_TYPE:
    value[0] = uk_socket_type(file);
    return 0;
  case SO_DOMAIN:
    value[0] = AF_UNIX;
    return 0;
  case SO_SNDBUF:
  case SO_RCVBUF:
    value[0] = 212992;
    return 0;
  case SO_ERROR:
  case SO_PROTOCOL:
  case SO_ACCEPTCONN:
  case SO_PASSCRED:
  case SO_KEEPALIVE:
  case SO_REUSEADDR:
  case SO_BROADCAST:
    return 0;
  case SO_PEERCRED:
    value[0] = uk_proc_pid(uk_task_proc(uk_current()));
    *bytes = 3 * sizeof(int);
    return 0;
  case SO_LINGER:
    *bytes = 2 * sizeof(int);
    return 0;
  case SO_RCVTIMEO:
  case SO_SNDTIMEO:
    *bytes = 4 * sizeof(int);
    return 0;
  }
  return -ENOPROTOOPT;
}

static int64_t sys_getsockopt(const uint64_t arg[6]) {
  struct uk_file *file;
  int value[4];
  uint32_t bytes, room;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if (copy_from_guest(&room, arg[4], sizeof(room)))
    err = -EFAULT;
  else if ((int)room < 0)
    err = -EINVAL;
  else if ((int)arg[1] != SOL_SOCKET)
    err = -EOPNOTSUPP;
  else
    err = option_value(file, (int)arg[2], value, &bytes);
  uk_file_put(file);
  if (err)
    return err;
  if (bytes > room)
    bytes = room;
  if (copy_to_guest(arg[3], value, bytes) ||
      copy_to_guest(arg[4], &bytes, sizeof(bytes)))
    return -EFAULT;
  return 0;
}

/* Options are checked and have no effect. */
static int64_t sys_setsockopt(const uint64_t arg[6]) {
  struct uk_file *file;
  int value[4];
  uint32_t bytes;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if ((int)arg[1] != SOL_SOCKET)
    err = -EOPNOTSUPP;
  else if ((int)arg[4] < (int)sizeof(int))
    err = -EINVAL;
  else if (copy_from_guest(value, arg[3], sizeof(int)))
    err = -EFAULT;
  else
    err = option_value(file, (int)arg[2], value, &bytes);
  uk_file_put(file);
  return err;
}

static int64_t socket_name(const uint64_t arg[6], bool peer) {
  struct uk_file *file;
  uint16_t family = AF_UNIX;
  uint32_t room, bytes = sizeof(family);
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  if (peer && !uk_socket_connected(file))
    err = -ENOTCONN;
  uk_file_put(file);
  if (err)
    return err;
  if (copy_from_guest(&room, arg[2], sizeof(room)))
    return -EFAULT;
  if ((int)room < 0)
    return -EINVAL;
  if (copy_to_guest(arg[1], &family, room < bytes ? room : bytes) ||
      copy_to_guest(arg[2], &bytes, sizeof(bytes)))
    return -EFAULT;
  return 0;
}

static int64_t sys_getsockname(const uint64_t arg[6]) {
  return socket_name(arg, false);
}

static int64_t sys_getpeername(const uint64_t arg[6]) {
  return socket_name(arg, true);
}

/* Nobody listens anywhere: refused, or no such path. */
static int64_t sys_connect(const uint64_t arg[6]) {
  struct sockaddr_un name;
  struct uk_file *file;
  struct uk_walk walk;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  uk_file_put(file);
  if ((uint32_t)arg[2] < 2 || (uint32_t)arg[2] > sizeof(name))
    return -EINVAL;
  memset(&name, 0, sizeof(name));
  if (copy_from_guest(&name, arg[1], (uint32_t)arg[2]))
    return -EFAULT;
  if (name.sun_family != AF_UNIX)
    return -EINVAL;
  if (name.sun_path[0] == '\0')
    return -ECONNREFUSED;
  char path[sizeof(name.sun_path) + 1] = "";
  memcpy(path, name.sun_path, sizeof(name.sun_path));
  err = uk_walk(AT_FDCWD, path, UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  uk_walk_end(&walk);
  return -ECONNREFUSED;
}

/* bind, listen, accept: sockets here come in pairs. */
static int64_t sys_not_here(const uint64_t arg[6]) {
  struct uk_file *file;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  uk_file_put(file);
  return -EOPNOTSUPP;
}

const struct uk_syscall_row uk_syscalls_sockopt[] = {
    {42, {"connect", sys_connect}},
    {43, {"accept", sys_not_here}},
    {49, {"bind", sys_not_here}},
    {50, {"listen", sys_not_here}},
    {51, {"getsockname", sys_getsockname}},
    {52, {"getpeername", sys_getpeername}},
    {54, {"setsockopt", sys_setsockopt}},
    {55, {"getsockopt", sys_getsockopt}},
    {288, {"accept4", sys_not_here}},
    {0, {NULL, NULL}},
};
