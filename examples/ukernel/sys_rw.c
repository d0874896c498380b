/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_rw.c - read, write and their relatives, lseek
 *
 * Data passes through a bounce buffer of bounded size. What a pipe, a socket
 * or a terminal has at one moment fits in one such buffer, so that a read of
 * those is one operation; only files without @poll are asked again.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static ssize_t read_iter(struct uk_file *file, struct uk_iter *iter,
                         int64_t *pos, char *buf, size_t room) {
  ssize_t done = 0;
  do {
    size_t want = iter->left < room ? iter->left : room;
    int64_t before = *pos;
    ssize_t got = file->ops->read(file, buf, want, pos);
    if (got < 0)
      return done ? done : got;
    ssize_t put = uk_iter_to_guest(iter, buf, (size_t)got);
    if (put < got) {
      if (*pos != before)
        *pos = before + (put > 0 ? put : 0);
      done += put > 0 ? put : 0;
      return done ? done : -EFAULT;
    }
    done += got;
    if ((size_t)got < want || file->ops->poll)
      break;
  } while (iter->left);
  return done;
}

static ssize_t write_iter(struct uk_file *file, struct uk_iter *iter,
                          int64_t *pos, char *buf, size_t room) {
  ssize_t done = 0;
  do {
    size_t want = iter->left < room ? iter->left : room;
    ssize_t have = uk_iter_from_guest(iter, buf, want);
    if (have < 0)
      return done ? done : have;
    ssize_t put = file->ops->write(file, buf, (size_t)have, pos);
    if (put < 0)
      return done ? done : put;
    done += put;
    if (put < have || (size_t)have < want)
      break;
  } while (iter->left);
  return done;
}

typedef ssize_t iter_fn(struct uk_file *, struct uk_iter *, int64_t *, char *,
                        size_t);

static ssize_t with_buffer(struct uk_file *file, struct uk_iter *iter,
                           int64_t *pos, iter_fn *fn) {
  char small[1024];
  if (iter->left <= sizeof(small))
    return fn(file, iter, pos, small, sizeof(small));
  size_t room = iter->left < UK_BOUNCE ? iter->left : UK_BOUNCE;
  char *buf = malloc(room);
  if (!buf)
    return -ENOMEM;
  ssize_t result = fn(file, iter, pos, buf, room);
  free(buf);
  return result;
}

enum { DO_READ, DO_WRITE };

/* @offset: NULL for the file's own position. */
static int64_t transfer(int fd, struct uk_iter *iter, const int64_t *offset,
                        int what) {
  struct uk_file *file = uk_fd_get(fd);
  if (!file)
    return -EBADF;
  int64_t at = offset ? *offset : 0;
  int64_t *pos = offset ? &at : &file->pos;
  int64_t result;
  if (offset && !file->ops->lseek)
    result = -ESPIPE;
  else if (what == DO_READ ? !uk_file_reads(file) : !uk_file_writes(file))
    result = -EBADF;
  else if (what == DO_READ ? !file->ops->read : !file->ops->write)
    result = -EINVAL;
  else
    result =
        with_buffer(file, iter, pos, what == DO_READ ? read_iter : write_iter);
  uk_file_put(file);
  return result;
}

static int64_t one(const uint64_t arg[6], int what) {
  struct uk_iter iter;
  if (!uk_fd_file((int)arg[0]))
    return -EBADF;
  int err = uk_iter_one(&iter, arg[1], arg[2]);
  return err ? err : transfer((int)arg[0], &iter, NULL, what);
}

static int64_t one_at(const uint64_t arg[6], int what) {
  struct uk_iter iter;
  int64_t offset = (int64_t)arg[3];
  if (offset < 0)
    return -EINVAL;
  if (!uk_fd_file((int)arg[0]))
    return -EBADF;
  int err = uk_iter_one(&iter, arg[1], arg[2]);
  return err ? err : transfer((int)arg[0], &iter, &offset, what);
}

static int64_t vector(const uint64_t arg[6], const int64_t *offset, int what) {
  struct uk_iter iter;
  if (offset && *offset < 0)
    return -EINVAL;
  if (!uk_fd_file((int)arg[0]))
    return -EBADF;
  int err = uk_iter_import(&iter, arg[1], arg[2]);
  if (err)
    return err;
  int64_t result = transfer((int)arg[0], &iter, offset, what);
  uk_iter_end(&iter);
  return result;
}

static int64_t vector2(const uint64_t arg[6], int what) {
  int64_t offset = (int64_t)arg[3];
  if (arg[5] & ~UINT64_C(0x1f)) /* RWF_*: hints, all ignored */
    return -EOPNOTSUPP;
  return vector(arg, offset == -1 ? NULL : &offset, what);
}

static int64_t sys_read(const uint64_t arg[6]) { return one(arg, DO_READ); }
static int64_t sys_write(const uint64_t arg[6]) { return one(arg, DO_WRITE); }
static int64_t sys_pread64(const uint64_t arg[6]) {
  return one_at(arg, DO_READ);
}
static int64_t sys_pwrite64(const uint64_t arg[6]) {
  return one_at(arg, DO_WRITE);
}
static int64_t sys_readv(const uint64_t arg[6]) {
  return vector(arg, NULL, DO_READ);
}
static int64_t sys_writev(const uint64_t arg[6]) {
  return vector(arg, NULL, DO_WRITE);
}
static int64_t sys_preadv(const uint64_t arg[6]) {
  int64_t offset = (int64_t)arg[3];
  return vector(arg, &offset, DO_READ);
}
static int64_t sys_pwritev(const uint64_t arg[6]) {
  int64_t offset = (int64_t)arg[3];
  return vector(arg, &offset, DO_WRITE);
}
static int64_t sys_preadv2(const uint64_t arg[6]) {
  return vector2(arg, DO_READ);
}
static int64_t sys_pwritev2(const uint64_t arg[6]) {
  return vector2(arg, DO_WRITE);
}

static int64_t sys_lseek(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_get((int)arg[0]);
  if (!file)
    return -EBADF;
  int64_t result;
  if ((unsigned int)arg[2] > SEEK_HOLE)
    result = -EINVAL;
  else if (!file->ops->lseek)
    result = -ESPIPE;
  else
    result = file->ops->lseek(file, (int64_t)arg[1], (int)arg[2]);
  uk_file_put(file);
  return result;
}

const struct uk_syscall_row uk_syscalls_rw[] = {
    {0, {"read", sys_read}},           {1, {"write", sys_write}},
    {8, {"lseek", sys_lseek}},         {17, {"pread64", sys_pread64}},
    {18, {"pwrite64", sys_pwrite64}},  {19, {"readv", sys_readv}},
    {20, {"writev", sys_writev}},      {295, {"preadv", sys_preadv}},
    {296, {"pwritev", sys_pwritev}},   {327, {"preadv2", sys_preadv2}},
    {328, {"pwritev2", sys_pwritev2}}, {0, {NULL, NULL}},
};
