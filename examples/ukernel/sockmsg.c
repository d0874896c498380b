/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sockmsg.c - socket system calls: messages, and descriptors in them
 */
#define _GNU_SOURCE
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

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

void uk_msg_put_fds(struct uk_msg *msg) {
  while (msg->n_fds)
    uk_file_put(msg->fds[--msg->n_fds]);
}

static bool is_stream(const struct uk_file *file) {
  return file->ops->proto->stream && file->ops->proto->stream(file);
}

static ssize_t do_send(struct uk_file *file, struct uk_msg *msg) {
  return file->ops->proto->send ? file->ops->proto->send(file, msg)
                                : -EOPNOTSUPP;
}

static ssize_t do_recv(struct uk_file *file, struct uk_msg *msg) {
  return file->ops->proto->recv ? file->ops->proto->recv(file, msg)
                                : -EOPNOTSUPP;
}

/* ---- As files ------------------------------------------------------------ */

ssize_t uk_socket_read(struct uk_file *file, void *buf, size_t n,
                       int64_t *pos) {
  struct uk_msg msg = {.buf = buf, .n = n};
  (void)pos;
  if (n == 0 && is_stream(file))
    return 0;
  ssize_t got = do_recv(file, &msg);
  uk_msg_put_fds(&msg);
  return got;
}

ssize_t uk_socket_write(struct uk_file *file, const void *buf, size_t n,
                        int64_t *pos) {
  struct uk_msg msg = {.buf = (char *)(uintptr_t)buf, .n = n};
  (void)pos;
  return do_send(file, &msg);
}

/* ---- Sending ------------------------------------------------------------- */

static ssize_t send_iter(struct uk_file *file, struct uk_iter *iter,
                         struct uk_msg *msg) {
  bool stream = is_stream(file);
  size_t room = iter->left < UK_BOUNCE ? iter->left : UK_BOUNCE;
  ssize_t done = 0;
  int flags = msg->flags;
  if (!stream && iter->left > UK_BOUNCE)
    return -EMSGSIZE;
  msg->buf = malloc(room ? room : 1);
  if (!msg->buf)
    return -ENOBUFS;
  do {
    size_t want = iter->left < room ? iter->left : room;
    ssize_t have = uk_iter_from_guest(iter, msg->buf, want);
    if (have >= 0 && (size_t)have < want && !stream)
      have = -EFAULT;
    ssize_t put = have;
    if (have >= 0) {
      msg->n = (size_t)have;
      msg->flags = flags;
      put = do_send(file, msg);
    }
    if (put < 0) {
      done = done ? done : put;
      break;
    }
    done += put;
    if (put < have || (size_t)have < want)
      break;
  } while (iter->left);
  free(msg->buf);
  return done;
}

/* In a struct msghdr a length that is too large counts as the largest. */
static uint32_t limit_name(uint32_t len) {
  const uint32_t most = sizeof(struct sockaddr_storage);
  return (int32_t)len > (int32_t)most ? most : len;
}

/* @addr 0: none. */
static int get_name(struct uk_sockname *name, uint64_t addr, uint32_t len) {
  name->len = 0;
  if (!addr)
    return 0;
  return uk_name_from_guest(name, addr, len);
}

static int64_t sys_sendto(const uint64_t arg[6]) {
  struct uk_msg msg = {.flags = (int)arg[3]};
  struct uk_file *file;
  struct uk_iter iter;
  int err = uk_iter_one(&iter, arg[1], arg[2]);
  if (!err)
    err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int64_t result = get_name(&msg.name, arg[4], (uint32_t)arg[5]);
  if (!result)
    result = send_iter(file, &iter, &msg);
  uk_file_put(file);
  return result;
}

static int take_rights(const char *data, size_t bytes, struct uk_msg *msg) {
  for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
    int fd;
    memcpy(&fd, data + at, sizeof(fd));
    if (msg->n_fds == UK_SCM_MAX)
      return -EINVAL;
    struct uk_file *file = uk_fd_get_path(fd);
    if (!file)
      return -EBADF;
    msg->fds[msg->n_fds++] = file;
  }
  return 0;
}

static int take_cred(const char *data, size_t bytes, struct uk_msg *msg) {
  if (bytes != sizeof(msg->cred))
    return -EINVAL;
  memcpy(&msg->cred, data, sizeof(msg->cred));
  msg->has_cred = true;
  return uk_cred_check(&msg->cred);
}

static int parse_control(const char *control, size_t n, struct uk_msg *msg) {
  size_t at = 0;
  int err = 0;
  while (!err && n - at >= sizeof(struct guest_cmsg)) {
    struct guest_cmsg cmsg;
    memcpy(&cmsg, control + at, sizeof(cmsg));
    if (cmsg.len < sizeof(cmsg) || cmsg.len > n - at)
      return -EINVAL;
    if (cmsg.level == SOL_SOCKET && cmsg.type == SCM_RIGHTS)
      err = take_rights(control + at + sizeof(cmsg), cmsg.len - sizeof(cmsg),
                        msg);
    else if (cmsg.level == SOL_SOCKET && cmsg.type == SCM_CREDENTIALS)
      err =
          take_cred(control + at + sizeof(cmsg), cmsg.len - sizeof(cmsg), msg);
    else if (cmsg.level == SOL_SOCKET)
      err = -EINVAL;
    size_t step = (cmsg.len + 7) & ~(size_t)7;
    if (step > n - at)
      break;
    at += step;
  }
  return err;
}

static int read_control(const struct guest_msg *hdr, struct uk_msg *msg) {
  if (hdr->control_len == 0)
    return 0;
  if (hdr->control_len > CONTROL_MAX)
    return -ENOBUFS;
  char *control = malloc(hdr->control_len);
  if (!control)
    return -ENOBUFS;
  int err = copy_from_guest(control, hdr->control, hdr->control_len);
  if (!err)
    err = parse_control(control, hdr->control_len, msg);
  free(control);
  return err;
}

static int64_t sys_sendmsg(const uint64_t arg[6]) {
  struct guest_msg hdr;
  struct uk_msg msg = {.flags = (int)arg[2]};
  struct uk_iter iter;
  struct uk_file *file;
  int err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int64_t result = copy_from_guest(&hdr, arg[1], sizeof(hdr));
  if (!result)
    result = get_name(&msg.name, hdr.name, limit_name(hdr.name_len));
  if (!result && hdr.iov_len > 1024)
    result = -EMSGSIZE;
  if (!result)
    result = uk_iter_import(&iter, hdr.iov, hdr.iov_len);
  if (!result) {
    result = read_control(&hdr, &msg);
    if (!result)
      result = send_iter(file, &iter, &msg);
    uk_msg_put_fds(&msg);
    uk_iter_end(&iter);
  }
  uk_file_put(file);
  return result;
}

/* ---- Receiving ----------------------------------------------------------- */

static ssize_t recv_iter(struct uk_file *file, struct uk_iter *iter,
                         struct uk_msg *msg) {
  size_t room = iter->left < UK_BOUNCE ? iter->left : UK_BOUNCE;
  bool stream = is_stream(file);
  bool want_full = (msg->flags & MSG_TRUNC) && !stream;
  bool all = stream && (msg->flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
  int flags = msg->flags;
  ssize_t done = 0, got;
  msg->buf = malloc(room ? room : 1);
  if (!msg->buf)
    return -ENOBUFS;
  do {
    msg->n = iter->left < room ? iter->left : room;
    msg->flags = flags;
    got = do_recv(file, msg);
    if (got > 0 && uk_iter_to_guest(iter, msg->buf, (size_t)got) < got)
      got = -EFAULT;
    done += got > 0 ? got : 0;
  } while (all && got == (ssize_t)msg->n && iter->left && !msg->n_fds);
  free(msg->buf);
  if (got < 0)
    return done ? done : got;
  return want_full ? (ssize_t)msg->full : done;
}

static int64_t sys_recvfrom(const uint64_t arg[6]) {
  struct uk_msg msg = {.flags = (int)arg[3]};
  struct uk_file *file;
  struct uk_iter iter;
  int err = uk_iter_one(&iter, arg[1], arg[2]);
  if (!err)
    err = uk_socket_get((int)arg[0], &file);
  if (err)
    return err;
  int64_t result = recv_iter(file, &iter, &msg);
  uk_msg_put_fds(&msg);
  uk_file_put(file);
  if (result >= 0 && arg[4]) {
    err = uk_name_to_guest(&msg.name, arg[4], arg[5]);
    result = err ? err : result;
  }
  return result;
}

/* One control message; what does not fit is cut. */
static int put_control(struct guest_msg *hdr, uint64_t *used, int type,
                       const void *data, size_t bytes, int *flags) {
  struct guest_cmsg cmsg = {sizeof(cmsg) + bytes, SOL_SOCKET, type};
  uint64_t left = hdr->control_len - *used, at = hdr->control + *used;
  if (!hdr->control || left < sizeof(cmsg)) {
    *flags |= MSG_CTRUNC;
    return 0;
  }
  if (cmsg.len > left) {
    *flags |= MSG_CTRUNC;
    cmsg.len = left;
  }
  if (copy_to_guest(at, &cmsg, sizeof(cmsg)) ||
      copy_to_guest(at + sizeof(cmsg), data, cmsg.len - sizeof(cmsg)))
    return -EFAULT;
  uint64_t space = (cmsg.len + 7) & ~UINT64_C(7);
  *used += space < left ? space : left;
  return 0;
}

/* Installs as many descriptors as fit in the guest's control buffer. */
static int give_rights(struct guest_msg *hdr, uint64_t *used, bool cloexec,
                       struct uk_msg *msg) {
  int numbers[UK_SCM_MAX];
  size_t room = 0, n = 0;
  uint64_t left = hdr->control_len - *used;
  if (msg->n_fds == 0)
    return 0;
  if (hdr->control && left > sizeof(struct guest_cmsg))
    room = (left - sizeof(struct guest_cmsg)) / sizeof(int);
  while (n < room && n < msg->n_fds) {
    uk_file_get(msg->fds[n]);
    int fd = uk_fd_install(msg->fds[n], 0, cloexec);
    if (fd < 0)
      break;
    numbers[n++] = fd;
  }
  if (n < msg->n_fds)
    msg->flags |= MSG_CTRUNC;
  return n ? put_control(hdr, used, SCM_RIGHTS, numbers, n * sizeof(int),
                         &msg->flags)
           : 0;
}

static int give_control(struct guest_msg *hdr, bool cloexec,
                        struct uk_msg *msg) {
  uint64_t used = 0;
  int err = 0;
  if (msg->has_cred)
    err = put_control(hdr, &used, SCM_CREDENTIALS, &msg->cred,
                      sizeof(msg->cred), &msg->flags);
  if (!err)
    err = give_rights(hdr, &used, cloexec, msg);
  hdr->control_len = used;
  return err;
}

static int64_t recv_message(struct uk_file *file, uint64_t addr, int flags) {
  struct guest_msg hdr;
  struct uk_msg msg = {.flags = flags};
  struct uk_iter iter;
  bool cloexec = flags & MSG_CMSG_CLOEXEC;
  int err = copy_from_guest(&hdr, addr, sizeof(hdr));
  if (err)
    return err;
  if ((int)hdr.name_len < 0)
    return -EINVAL;
  if (hdr.iov_len > 1024)
    return -EMSGSIZE;
  err = uk_iter_import(&iter, hdr.iov, hdr.iov_len);
  if (err)
    return err;
  int64_t result = recv_iter(file, &iter, &msg);
  if (result >= 0) {
    err = give_control(&hdr, cloexec, &msg);
    if (!err && hdr.name) {
      err = copy_to_guest(hdr.name, msg.name.bytes,
                          msg.name.len < hdr.name_len ? msg.name.len
                                                      : hdr.name_len);
      hdr.name_len = msg.name.len;
    }
    hdr.flags = msg.flags | (cloexec ? MSG_CMSG_CLOEXEC : 0);
    if (err || copy_to_guest(addr, &hdr, sizeof(hdr)))
      result = -EFAULT;
  }
  uk_msg_put_fds(&msg);
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
