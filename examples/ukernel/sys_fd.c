/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_fd.c - system calls on descriptors: dup, fcntl, ioctl, close, flock
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#define CLOSE_RANGE_CLOEXEC_FLAG 4u
#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_ASYNC)

/* Guest descriptors are 32-bit values in 64-bit registers. */
static int64_t sys_close(const uint64_t arg[6]) {
  return uk_fd_close(uk_files_current(), (int)arg[0]);
}

static int64_t sys_close_range(const uint64_t arg[6]) {
  uint32_t first = (uint32_t)arg[0], last = (uint32_t)arg[1];
  uint32_t flags = (uint32_t)arg[2];
  struct uk_files *files = uk_files_current();
  /* CLOSE_RANGE_UNSHARE: tables are never shared between processes. */
  if ((flags & ~(2u | CLOSE_RANGE_CLOEXEC_FLAG)) || first > last)
    return -EINVAL;
  for (uint32_t fd = first; fd <= last && fd < UK_MAX_FDS; fd++) {
    if (flags & CLOSE_RANGE_CLOEXEC_FLAG)
      files->fd[fd].cloexec = files->fd[fd].file != NULL;
    else
      uk_fd_close(files, (int)fd);
  }
  return 0;
}

static int64_t sys_dup(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_get_path((int)arg[0]);
  return file ? uk_fd_install(file, 0, false) : -EBADF;
}

static int64_t dup_to(int old_fd, int new_fd, bool cloexec) {
  struct uk_files *files = uk_files_current();
  if (new_fd < 0 || new_fd >= (int)UK_MAX_FDS)
    return -EBADF;
  struct uk_file *file = uk_fd_get_path(old_fd);
  if (!file)
    return -EBADF;
  struct uk_file *replaced = files->fd[new_fd].file;
  files->fd[new_fd].file = file;
  files->fd[new_fd].cloexec = cloexec;
  uk_file_put(replaced);
  return new_fd;
}

static int64_t sys_dup2(const uint64_t arg[6]) {
  if ((int)arg[0] == (int)arg[1])
    return uk_fd_file((int)arg[0]) ? (int)arg[0] : -EBADF;
  return dup_to((int)arg[0], (int)arg[1], false);
}

static int64_t sys_dup3(const uint64_t arg[6]) {
  int flags = (int)arg[2];
  if ((flags & ~O_CLOEXEC) || (int)arg[0] == (int)arg[1])
    return -EINVAL;
  return dup_to((int)arg[0], (int)arg[1], flags != 0);
}

/* Record locks: the one user of a file here never conflicts with itself. */
static int64_t get_lock(uint64_t addr) {
  struct flock lock;
  int err = copy_from_guest(&lock, addr, sizeof(lock));
  if (err)
    return err;
  lock.l_type = F_UNLCK;
  return copy_to_guest(addr, &lock, sizeof(lock));
}

static int64_t set_lock(uint64_t addr) {
  struct flock lock;
  int err = copy_from_guest(&lock, addr, sizeof(lock));
  if (err)
    return err;
  return lock.l_type > F_UNLCK || lock.l_type < 0 ? -EINVAL : 0;
}

static int64_t file_fcntl(struct uk_file *file, struct uk_fd *slot, int cmd,
                          uint64_t value) {
  switch (cmd) {
  case F_DUPFD:
  case F_DUPFD_CLOEXEC:
    if ((unsigned int)value >= UK_MAX_FDS)
      return -EINVAL;
    uk_file_get(file);
    return uk_fd_install(file, (int)value, cmd == F_DUPFD_CLOEXEC);
  case F_GETFD:
    return slot->cloexec ? FD_CLOEXEC : 0;
  case F_SETFD:
    slot->cloexec = value & FD_CLOEXEC;
    return 0;
  case F_GETFL:
    return file->flags;
  }
  if (file->flags & UK_O_PATH)
    return -EBADF;
  switch (cmd) {
  case F_SETFL:
    if ((value & O_DIRECT) && !file->ops->read)
      return -EINVAL;
    file->flags =
        (file->flags & ~SETTABLE_FLAGS) | ((int)value & SETTABLE_FLAGS);
    return 0;
  case F_GETLK:
  case F_OFD_GETLK:
    return get_lock(value);
  case F_SETLK:
  case F_SETLKW:
  case F_OFD_SETLK:
  case F_OFD_SETLKW:
    return set_lock(value);
  case F_GETOWN:
  case F_GETSIG:
  case F_SETOWN:
  case F_SETSIG:
    return 0;
  case F_GETPIPE_SZ:
    return file->ops == &uk_pipe_ops ? 65536 : -EBADF;
  }
  return -EINVAL;
}

static int64_t sys_fcntl(const uint64_t arg[6]) {
  int fd = (int)arg[0];
  struct uk_file *file = uk_fd_get_path(fd);
  if (!file)
    return -EBADF;
  int64_t result =
      file_fcntl(file, &uk_files_current()->fd[fd], (int)arg[1], arg[2]);
  uk_file_put(file);
  return result;
}

static int64_t file_ioctl(struct uk_file *file, struct uk_fd *slot,
                          uint32_t cmd, uint64_t arg) {
  int on = 0;
  switch (cmd) {
  case FIOCLEX:
  case FIONCLEX:
    slot->cloexec = cmd == FIOCLEX;
    return 0;
  case FIONBIO:
    if (copy_from_guest(&on, arg, sizeof(on)))
      return -EFAULT;
    file->flags = (file->flags & ~O_NONBLOCK) | (on ? O_NONBLOCK : 0);
    return 0;
  case FIONREAD:
    if (file->inode && S_ISREG(file->inode->mode)) {
      struct stat st;
      int err = uk_inode_stat(file->inode, &st);
      if (err)
        return err;
      on = (int)(st.st_size - file->pos);
      return copy_to_guest(arg, &on, sizeof(on));
    }
    break;
  }
  return file->ops->ioctl ? file->ops->ioctl(file, cmd, arg) : -ENOTTY;
}

static int64_t sys_ioctl(const uint64_t arg[6]) {
  int fd = (int)arg[0];
  struct uk_file *file = uk_fd_get(fd);
  if (!file)
    return -EBADF;
  int64_t result =
      file_ioctl(file, &uk_files_current()->fd[fd], (uint32_t)arg[1], arg[2]);
  uk_file_put(file);
  return result;
}

static int64_t sys_flock(const uint64_t arg[6]) {
  int op = (int)arg[1] & ~4; /* LOCK_NB */
  if (op != 1 && op != 2 && op != 8)
    return -EINVAL;
  struct uk_file *file = uk_fd_get((int)arg[0]);
  if (!file)
    return -EBADF;
  uk_file_put(file);
  return 0;
}

static int64_t sys_umask(const uint64_t arg[6]) {
  struct uk_where *where = uk_where();
  mode_t old = where->umask;
  where->umask = (mode_t)arg[0] & 0777;
  return old;
}

const struct uk_syscall_row uk_syscalls_fd[] = {
    {3, {"close", sys_close}},
    {16, {"ioctl", sys_ioctl}},
    {32, {"dup", sys_dup}},
    {33, {"dup2", sys_dup2}},
    {72, {"fcntl", sys_fcntl}},
    {73, {"flock", sys_flock}},
    {95, {"umask", sys_umask}},
    {292, {"dup3", sys_dup3}},
    {436, {"close_range", sys_close_range}},
    {0, {NULL, NULL}},
};
