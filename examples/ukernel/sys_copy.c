/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_copy.c - copies from file to file: sendfile, copy_file_range
 *
 * splice, tee and vmsplice are not here (ENOSYS): programs do without.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define CHUNK 65536u

/* What could not be written is not read: @in_pos is put back. */
static int64_t copy(struct uk_file *in, int64_t *in_pos, struct uk_file *out,
                    int64_t *out_pos, uint64_t n) {
  char *buf = malloc(CHUNK);
  int64_t done = 0, err = 0;
  if (!buf)
    return -ENOMEM;
  while (n) {
    int64_t before = *in_pos;
    ssize_t got = in->ops->read(in, buf, n < CHUNK ? n : CHUNK, in_pos);
    if (got <= 0) {
      err = got;
      break;
    }
    ssize_t put = out->ops->write(out, buf, (size_t)got, out_pos);
    if (put < got)
      *in_pos = before + (put > 0 ? put : 0);
    if (put < 0) {
      err = put;
      break;
    }
    done += put;
    n -= (uint64_t)put;
    if (put < got)
      break;
  }
  free(buf);
  return done ? done : err;
}

struct ends {
  struct uk_file *in, *out;
};

static int get_ends(int in_fd, int out_fd, struct ends *ends) {
  ends->in = uk_fd_get(in_fd);
  ends->out = uk_fd_get(out_fd);
  if (ends->in && ends->out && uk_file_reads(ends->in) &&
      uk_file_writes(ends->out))
    return 0;
  uk_file_put(ends->in);
  uk_file_put(ends->out);
  return -EBADF;
}

static void put_ends(struct ends *ends) {
  uk_file_put(ends->in);
  uk_file_put(ends->out);
}

static int read_offset(uint64_t addr, int64_t *offset) {
  if (!addr)
    return 0;
  if (copy_from_guest(offset, addr, sizeof(*offset)))
    return -EFAULT;
  return *offset < 0 ? -EINVAL : 0;
}

static int64_t limit(uint64_t n) {
  return n < UK_MAX_RW ? (int64_t)n : UK_MAX_RW;
}

static int64_t sys_sendfile(const uint64_t arg[6]) {
  struct ends ends;
  int64_t offset = 0;
  int err = read_offset(arg[2], &offset);
  if (!err)
    err = get_ends((int)arg[1], (int)arg[0], &ends);
  if (err)
    return err;
  int64_t result;
  if (!ends.in->ops->read || !ends.in->ops->lseek || !ends.out->ops->write ||
      (ends.out->flags & O_APPEND))
    result = -EINVAL;
  else
    result = copy(ends.in, arg[2] ? &offset : &ends.in->pos, ends.out,
                  &ends.out->pos, (uint64_t)limit(arg[3]));
  put_ends(&ends);
  if (result >= 0 && arg[2] && copy_to_guest(arg[2], &offset, sizeof(offset)))
    result = -EFAULT;
  return result;
}

static int may_copy(const struct ends *ends) {
  if (!ends->in->inode || !ends->out->inode)
    return -EINVAL;
  if (S_ISDIR(ends->in->inode->mode) || S_ISDIR(ends->out->inode->mode))
    return -EISDIR;
  if (!S_ISREG(ends->in->inode->mode) || !S_ISREG(ends->out->inode->mode))
    return -EINVAL;
  if (ends->out->flags & O_APPEND)
    return -EBADF;
  return ends->in->ops->read && ends->out->ops->write ? 0 : -EINVAL;
}

static int64_t sys_copy_file_range(const uint64_t arg[6]) {
  struct ends ends;
  int64_t in_at = 0, out_at = 0, result;
  uint64_t n = (uint64_t)limit(arg[4]);
  if (arg[5])
    return -EINVAL;
  int err = get_ends((int)arg[0], (int)arg[2], &ends);
  if (err)
    return err;
  result = read_offset(arg[1], &in_at);
  if (!result)
    result = read_offset(arg[3], &out_at);
  if (!result)
    result = may_copy(&ends);
  int64_t from = arg[1] ? in_at : ends.in->pos;
  int64_t to = arg[3] ? out_at : ends.out->pos;
  if (!result && uk_inode_same(ends.in->inode, ends.out->inode) &&
      (uint64_t)(from > to ? from - to : to - from) < n)
    result = -EINVAL; /* overlap */
  if (!result)
    result = copy(ends.in, arg[1] ? &in_at : &ends.in->pos, ends.out,
                  arg[3] ? &out_at : &ends.out->pos, n);
  put_ends(&ends);
  if (result >= 0 &&
      ((arg[1] && copy_to_guest(arg[1], &in_at, sizeof(in_at))) ||
       (arg[3] && copy_to_guest(arg[3], &out_at, sizeof(out_at)))))
    result = -EFAULT;
  return result;
}

const struct uk_syscall_row uk_syscalls_copy[] = {
    {40, {"sendfile", sys_sendfile}},
    {326, {"copy_file_range", sys_copy_file_range}},
    {0, {NULL, NULL}},
};
