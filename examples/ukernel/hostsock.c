/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hostsock.c - sockets that ukernel was started with (descriptors 0, 1, 2)
 *
 * They are connected to something on the host: that connection can be used and
 * asked about. What would make another one (bind, connect, accept, a datagram
 * to a name) is refused, so that nothing of the guest's reaches a place that
 * its starter did not choose. Descriptors are not passed: those of a guest are
 * none on the host.
 */
#define _GNU_SOURCE
#include "hostfile.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#define PASSED_FLAGS (MSG_PEEK | MSG_OOB | MSG_EOR | MSG_MORE)
#define LOOK_AGAIN_NS UINT64_C(4000000)

/*
 * After the host's call said -EAGAIN. A datagram may have to wait for room at
 * another socket than the one that poll speaks of: nobody wakes us then.
 */
static int wait_host(struct uk_file *file, int flags, bool send,
                     uint64_t deadline) {
  unsigned int events = send ? POLLOUT : POLLIN;
  uint64_t until = deadline;
  if ((host_poll(file) & events) && deadline > uk_now_ns() + LOOK_AGAIN_NS)
    until = uk_now_ns() + LOOK_AGAIN_NS;
  int err = uk_socket_wait(file, flags, &host_of(file)->gen[send], NULL, until);
  return err == -EAGAIN && uk_now_ns() < deadline && !(flags & MSG_DONTWAIT) &&
                 !(file->flags & O_NONBLOCK)
             ? 0
             : err;
}

static bool host_is_stream(const struct uk_file *file) {
  return host_of(file)->type == SOCK_STREAM;
}

static ssize_t host_send(struct uk_file *file, struct uk_msg *msg) {
  struct host_file *host = host_of(file);
  int flags = (msg->flags & PASSED_FLAGS) | MSG_DONTWAIT | MSG_NOSIGNAL;
  uint64_t deadline = uk_socktime_deadline(&host->time, true);
  size_t done = 0;
  if (msg->name.len)
    return host->type == SOCK_DGRAM ? -EPERM : -EISCONN;
  if (msg->n_fds)
    return -EOPNOTSUPP;
  for (;;) {
    ssize_t put = send(host->fd, msg->buf + done, msg->n - done, flags);
    int err = put < 0 ? -errno : 0;
    done += put > 0 ? (size_t)put : 0;
    if (!err && (done == msg->n || !host_is_stream(file)))
      return (ssize_t)done;
    if (err == -EAGAIN)
      err = wait_host(file, msg->flags, true, deadline);
    if (err == -EPIPE && !done && !(msg->flags & MSG_NOSIGNAL))
      uk_send_signal(uk_task_proc(uk_current()), SIGPIPE);
    if (err)
      return done ? (ssize_t)done : err;
  }
}

static ssize_t receive(struct uk_file *file, struct uk_msg *msg, size_t done,
                       int *out_flags) {
  struct host_file *host = host_of(file);
  struct iovec iov = {msg->buf + done, msg->n - done};
  struct msghdr hdr = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_name = msg->name.bytes,
                       .msg_namelen = sizeof(msg->name.bytes)};
  /* TRUNC: the whole length of a datagram; TCP would drop bytes. */
  int flags = (msg->flags & PASSED_FLAGS) | MSG_DONTWAIT;
  if (host->type != SOCK_STREAM)
    flags |= MSG_TRUNC;
  ssize_t got = recvmsg(host->fd, &hdr, flags);
  if (got < 0)
    return -errno;
  *out_flags = hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC | MSG_EOR | MSG_OOB);
  msg->name.len = hdr.msg_namelen;
  return got;
}

static ssize_t host_recv(struct uk_file *file, struct uk_msg *msg) {
  struct host_file *host = host_of(file);
  uint64_t deadline = uk_socktime_deadline(&host->time, false);
  bool all = (msg->flags & MSG_WAITALL) && !(msg->flags & MSG_PEEK) &&
             host_is_stream(file);
  size_t done = 0;
  int out_flags = 0;
  msg->n_fds = 0;
  for (;;) {
    ssize_t got = receive(file, msg, done, &out_flags);
    int err = got < 0 ? (int)got : 0;
    done += got > 0 ? (size_t)got : 0;
    if (!err && (!all || got == 0 || done == msg->n))
      break;
    if (err == -EAGAIN)
      err = wait_host(file, msg->flags, false, deadline);
    if (err && done)
      break;
    if (err)
      return err;
  }
  msg->full = done;
  if (done > msg->n)
    done = msg->n;
  msg->flags = out_flags;
  return (ssize_t)done;
}

/* ---- Names and options --------------------------------------------------- */

static int host_name(struct uk_file *file, bool peer,
                     struct uk_sockname *name) {
  int fd = host_of(file)->fd;
  struct sockaddr *to = (void *)name->bytes;
  name->len = sizeof(name->bytes);
  int failed =
      peer ? getpeername(fd, to, &name->len) : getsockname(fd, to, &name->len);
  return failed ? -errno : 0;
}

static int host_shutdown(struct uk_file *file, int how) {
  return shutdown(host_of(file)->fd, how) < 0 ? -errno : 0;
}

/* Options that have to do with this connection only. */
static bool known_option(int level, int name, bool set) {
  if (level == IPPROTO_TCP)
    return name == TCP_NODELAY || name == TCP_KEEPIDLE ||
           name == TCP_KEEPINTVL || name == TCP_KEEPCNT || name == TCP_CORK ||
           (!set && (name == TCP_INFO || name == TCP_MAXSEG));
  if (level != SOL_SOCKET)
    return false;
  switch (name) {
  case SO_SNDBUF:
  case SO_RCVBUF:
  case SO_KEEPALIVE:
  case SO_LINGER:
  case SO_OOBINLINE:
  case SO_REUSEADDR:
    return true;
  case SO_TYPE:
  case SO_DOMAIN:
  case SO_PROTOCOL:
  case SO_ERROR:
  case SO_ACCEPTCONN:
  case SO_PEERCRED:
  case SO_PASSCRED:
  case SO_BROADCAST:
    return !set;
  }
  return false;
}

static int host_get(struct uk_file *file, int level, int name, void *value,
                    uint32_t *bytes) {
  struct host_file *host = host_of(file);
  if (level == SOL_SOCKET && uk_socktime_get(&host->time, name, value, bytes))
    return 0;
  if (!known_option(level, name, false))
    return -ENOPROTOOPT;
  return getsockopt(host->fd, level, name, value, bytes) < 0 ? -errno : 0;
}

static int host_set(struct uk_file *file, int level, int name,
                    const void *value, uint32_t bytes) {
  struct host_file *host = host_of(file);
  int err;
  if (level == SOL_SOCKET &&
      uk_socktime_set(&host->time, name, value, bytes, &err))
    return err;
  if (!known_option(level, name, true))
    return -ENOPROTOOPT;
  return setsockopt(host->fd, level, name, value, bytes) < 0 ? -errno : 0;
}

static int64_t host_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  int bytes = 0;
  if (cmd != FIONREAD && cmd != TIOCOUTQ)
    return -ENOTTY;
  if (ioctl(host_of(file)->fd, cmd, &bytes) < 0)
    return -errno;
  return copy_to_guest(arg, &bytes, sizeof(bytes));
}

static const struct uk_proto host_proto = {
    .name = host_name,
    .shutdown = host_shutdown,
    .send = host_send,
    .recv = host_recv,
    .get = host_get,
    .set = host_set,
    .stream = host_is_stream,
};

const struct uk_file_ops uk_host_socket_ops = {
    .read = uk_socket_read,
    .write = uk_socket_write,
    .ioctl = host_ioctl,
    .poll = host_poll,
    .release = host_release,
    .stat = host_stat,
    .proto = &host_proto,
};
