/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockmsg.c - socket system calls: messages, and descriptors in them
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONTROL_MAX (20u << 10) /* Linux: optmem_max */

/* The guest's struct msghdr and struct cmsghdr, x86-64. */
struct guest_msg {
  uint64_t name;
  uint32_t name_len, pad;
  uint64_t iov, iov_len;
  uint64_t control, control_len;
  int32_t flags, pad2;
};
struct guest_cmsg {
  uint64_t len;
  int32_t level, type;
};

struct fd_set_in_flight {
  struct uk_file *file[UK_SCM_MAX];
  size_t n;
};

static void put_all(struct fd_set_in_flight *fds) {
  while (fds->n)
    uk_file_put(fds->file[--fds->n]);
}

/* ---- Sending ------------------------------------------------------------- */

static ssize_t send_iter(struct uk_file *file, struct uk_iter *iter, int flags,
                         struct fd_set_in_flight *fds) {
  bool stream = uk_socket_type(file) == SOCK_STREAM;
  size_t room = iter->left < UK_BOUNCE ? iter->left : UK_BOUNCE;
  ssize_t done = 0;
  if (!stream && iter->left > UK_BOUNCE)
    return -EMSGSIZE;
  char *buf = malloc(room ? room : 1);
  if (!buf)
    return -ENOBUFS;
  do {
    size_t want = iter->left < room ? iter->left : room;
    ssize_t have = uk_iter_from_guest(iter, buf, want);
    if (have >= 0 && (size_t)have < want && !stream)
      have = -EFAULT;
    ssize_t put = have;
    if (have >= 0)
      put = uk_socket_send(file, buf, (size_t)have, flags, fds->file, fds->n);
    if (put < 0) {
      done = done ? done : put;
      break;
    }
    if (put > 0 || !stream)
      fds->n = 0; /* the message has them */
    done += put;
    if (put < have || (size_t)have < want)
      break;
  } while (iter->left);
  free(buf);
  return done;
}

static int64_t sys_sendto(const uint64_t arg[6]) {
  struct fd_set_in_flight none = {.n = 0};
  struct uk_file *file;
  struct uk_iter iter;
  int err = uk_iter_one(&iter, arg[1], arg[2]);
  if (!err)
    err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int64_t result;
  if (arg[4] && uk_socket_type(file) != SOCK_DGRAM)
    result = -EISCONN;
  else
    result = send_iter(file, &iter, (int)arg[3], &none);
  uk_file_put(file);
  return result;
}

static int take_rights(const char *data, size_t bytes,
                       struct fd_set_in_flight *fds) {
  for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
    int fd;
    memcpy(&fd, data + at, sizeof(fd));
    if (fds->n == UK_SCM_MAX)
      return -EINVAL;
    struct uk_file *file = uk_fd_get_path(fd);
    if (!file)
      return -EBADF;
    fds->file[fds->n++] = file;
  }
  return 0;
}

static int parse_control(const char *control, size_t n,
                         struct fd_set_in_flight *fds) {
  size_t at = 0;
  int err = 0;
  while (!err && n - at >= sizeof(struct guest_cmsg)) {
    struct guest_cmsg cmsg;
    memcpy(&cmsg, control + at, sizeof(cmsg));
    if (cmsg.len < sizeof(cmsg) || cmsg.len > n - at)
      return -EINVAL;
    if (cmsg.level == SOL_SOCKET && cmsg.type == SCM_RIGHTS)
      err = take_rights(control + at + sizeof(cmsg), cmsg.len - sizeof(cmsg),
                        fds);
    else if (cmsg.level == SOL_SOCKET && cmsg.type != SCM_CREDENTIALS)
      err = -EINVAL;
    size_t step = (cmsg.len + 7) & ~(size_t)7;
    if (step > n - at)
      break;
    at += step;
  }
  return err;
}

static int read_control(const struct guest_msg *msg,
                        struct fd_set_in_flight *fds) {
  fds->n = 0;
  if (msg->control_len == 0)
    return 0;
  if (msg->control_len > CONTROL_MAX)
    return -ENOBUFS;
  char *control = malloc(msg->control_len);
  if (!control)
    return -ENOBUFS;
  int err = copy_from_guest(control, msg->control, msg->control_len);
  if (!err)
    err = parse_control(control, msg->control_len, fds);
  free(control);
  if (err)
    put_all(fds);
  return err;
}

static int64_t sys_sendmsg(const uint64_t arg[6]) {
  struct guest_msg msg;
  struct fd_set_in_flight fds = {.n = 0};
  struct uk_iter iter;
  struct uk_file *file;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int64_t result = copy_from_guest(&msg, arg[1], sizeof(msg));
  if (!result && msg.iov_len > 1024)
    result = -EMSGSIZE;
  if (!result)
    result = uk_iter_import(&iter, msg.iov, msg.iov_len);
  if (!result) {
    result = read_control(&msg, &fds);
    if (!result && msg.name && msg.name_len &&
        uk_socket_type(file) != SOCK_DGRAM)
      result = -EISCONN;
    if (!result)
      result = send_iter(file, &iter, (int)arg[2], &fds);
    put_all(&fds);
    uk_iter_end(&iter);
  }
  uk_file_put(file);
  return result;
}

/* ---- Receiving ----------------------------------------------------------- */

/* @flags: in MSG_*, out what msg_flags gets. */
static ssize_t recv_iter(struct uk_file *file, struct uk_iter *iter, int *flags,
                         struct fd_set_in_flight *fds) {
  size_t room = iter->left < UK_BOUNCE ? iter->left : UK_BOUNCE;
  size_t full;
  char *buf = malloc(room ? room : 1);
  if (!buf)
    return -ENOBUFS;
  ssize_t got =
      uk_socket_recv(file, buf, room, *flags, fds->file, &fds->n, &full);
  bool want_full = *flags & MSG_TRUNC;
  bool stream = uk_socket_type(file) == SOCK_STREAM;
  *flags = got >= 0 && full > (size_t)got ? MSG_TRUNC : 0;
  if (got > 0 && uk_iter_to_guest(iter, buf, (size_t)got) < got)
    got = -EFAULT;
  free(buf);
  if (got >= 0 && want_full && !stream)
    got = (ssize_t)full;
  return got;
}

static int64_t sys_recvfrom(const uint64_t arg[6]) {
  struct fd_set_in_flight fds = {.n = 0};
  struct uk_file *file;
  struct uk_iter iter;
  int flags = (int)arg[3];
  int err = uk_iter_one(&iter, arg[1], arg[2]);
  if (!err)
    err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int64_t result = recv_iter(file, &iter, &flags, &fds);
  put_all(&fds);
  uk_file_put(file);
  uint32_t no_name = 0;
  if (result >= 0 && arg[4] && arg[5] &&
      copy_to_guest(arg[5], &no_name, sizeof(no_name)))
    result = -EFAULT;
  return result;
}

/* Installs what fits in the guest's control buffer; bytes used, or -errno. */
static int64_t give_rights(const struct guest_msg *msg, bool cloexec,
                           struct fd_set_in_flight *fds, int *out_flags) {
  struct guest_cmsg cmsg = {.level = SOL_SOCKET, .type = SCM_RIGHTS};
  int numbers[UK_SCM_MAX];
  size_t room = 0, n = 0;
  if (fds->n == 0)
    return 0;
  if (msg->control && msg->control_len > sizeof(cmsg))
    room = (msg->control_len - sizeof(cmsg)) / sizeof(int);
  while (n < room && n < fds->n) {
    uk_file_get(fds->file[n]);
    int fd = uk_fd_install(fds->file[n], 0, cloexec);
    if (fd < 0)
      break;
    numbers[n++] = fd;
  }
  if (n < fds->n)
    *out_flags |= MSG_CTRUNC;
  if (n == 0)
    return 0;
  cmsg.len = sizeof(cmsg) + n * sizeof(int);
  if (copy_to_guest(msg->control, &cmsg, sizeof(cmsg)) ||
      copy_to_guest(msg->control + sizeof(cmsg), numbers, n * sizeof(int)))
    return -EFAULT;
  uint64_t space = (cmsg.len + 7) & ~UINT64_C(7);
  return (int64_t)(space < msg->control_len ? space : msg->control_len);
}

static int64_t recv_message(struct uk_file *file, uint64_t addr, int flags) {
  struct guest_msg msg;
  struct fd_set_in_flight fds = {.n = 0};
  struct uk_iter iter;
  bool cloexec = flags & MSG_CMSG_CLOEXEC;
  int err = copy_from_guest(&msg, addr, sizeof(msg));
  if (err)
    return err;
  if (msg.iov_len > 1024)
    return -EMSGSIZE;
  err = uk_iter_import(&iter, msg.iov, msg.iov_len);
  if (err)
    return err;
  int64_t result = recv_iter(file, &iter, &flags, &fds);
  if (result >= 0) {
    int64_t used = give_rights(&msg, cloexec, &fds, &flags);
    msg.name_len = 0;
    msg.control_len = used > 0 ? (uint64_t)used : 0;
    msg.flags = flags | (cloexec ? MSG_CMSG_CLOEXEC : 0);
    if (used < 0 || copy_to_guest(addr, &msg, sizeof(msg)))
      result = -EFAULT;
  }
  put_all(&fds);
  uk_iter_end(&iter);
  return result;
}

static int64_t sys_recvmsg(const uint64_t arg[6]) {
  struct uk_file *file;
  int64_t result = uk_socket_get((int)arg[0], &file);
  if (result)
    return result;
  result = recv_message(file, arg[1], (int)arg[2]);
  uk_file_put(file);
  return result;
}

const struct uk_syscall_row uk_syscalls_sockmsg[] = {
    {44, {"sendto", sys_sendto}},
    {45, {"recvfrom", sys_recvfrom}},
    {46, {"sendmsg", sys_sendmsg}},
    {47, {"recvmsg", sys_recvmsg}},
    {0, {NULL, NULL}},
};
