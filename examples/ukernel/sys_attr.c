/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_attr.c - system calls that change attributes and size, and those that
 * ask for data to be made safe, which memory never is
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/stat.h>

static int set_attr(struct uk_mount *mnt, struct uk_inode *inode,
                    const struct uk_attr *attr) {
  if (!inode)
    return 0; /* a pipe, a socket: nobody looks */
  if (uk_path_readonly(mnt, inode))
    return -EROFS;
  return inode->ops->setattr ? inode->ops->setattr(inode, attr) : -EPERM;
}

static int64_t set_attr_at(int dirfd, uint64_t path, unsigned int how,
                           const struct uk_attr *attr) {
  struct uk_walk walk;
  int err = uk_walk_guest(dirfd, path, how, &walk);
  if (err)
    return err;
  err = set_attr(walk.mnt, walk.inode, attr);
  uk_walk_end(&walk);
  return err;
}

static int64_t set_attr_fd(int fd, const struct uk_attr *attr) {
  struct uk_file *file = uk_fd_file(fd);
  if (!file || (file->flags & UK_O_PATH))
    return -EBADF;
  return set_attr(file->mnt, file->inode, attr);
}

/* ---- Mode and owner ------------------------------------------------------ */

static struct uk_attr mode_attr(uint64_t mode) {
  return (struct uk_attr){.valid = UK_ATTR_MODE, .mode = (mode_t)mode};
}

static struct uk_attr owner_attr(uint64_t uid, uint64_t gid) {
  struct uk_attr attr = {.uid = (uid_t)uid, .gid = (gid_t)gid};
  if (attr.uid != (uid_t)-1)
    attr.valid |= UK_ATTR_UID;
  if (attr.gid != (gid_t)-1)
    attr.valid |= UK_ATTR_GID;
  return attr;
}

static int64_t sys_chmod(const uint64_t arg[6]) {
  struct uk_attr attr = mode_attr(arg[1]);
  return set_attr_at(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &attr);
}

static int64_t sys_fchmod(const uint64_t arg[6]) {
  struct uk_attr attr = mode_attr(arg[1]);
  return set_attr_fd((int)arg[0], &attr);
}

static int64_t sys_fchmodat(const uint64_t arg[6]) {
  struct uk_attr attr = mode_attr(arg[2]);
  return set_attr_at((int)arg[0], arg[1], UK_WALK_FOLLOW, &attr);
}

static int64_t sys_chown(const uint64_t arg[6]) {
  struct uk_attr attr = owner_attr(arg[1], arg[2]);
  return set_attr_at(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &attr);
}

static int64_t sys_lchown(const uint64_t arg[6]) {
  struct uk_attr attr = owner_attr(arg[1], arg[2]);
  return set_attr_at(AT_FDCWD, arg[0], 0, &attr);
}

static int64_t sys_fchown(const uint64_t arg[6]) {
  struct uk_attr attr = owner_attr(arg[1], arg[2]);
  return set_attr_fd((int)arg[0], &attr);
}

static int64_t sys_fchownat(const uint64_t arg[6]) {
  struct uk_attr attr = owner_attr(arg[2], arg[3]);
  int flags = (int)arg[4];
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
    return -EINVAL;
  return set_attr_at((int)arg[0], arg[1],
                     ((flags & AT_SYMLINK_NOFOLLOW) ? 0u : UK_WALK_FOLLOW) |
                         ((flags & AT_EMPTY_PATH) ? UK_WALK_EMPTY : 0u),
                     &attr);
}

/* ---- Times --------------------------------------------------------------- */

static int one_time(struct timespec *time, unsigned int bit,
                    unsigned int *valid) {
  if (time->tv_nsec == UTIME_OMIT)
    return 0;
  if (time->tv_nsec == UTIME_NOW)
    *time = uk_now_real();
  else if (time->tv_nsec < 0 || time->tv_nsec > 999999999)
    return -EINVAL;
  *valid |= bit;
  return 0;
}

static int64_t sys_utimensat(const uint64_t arg[6]) {
  int flags = (int)arg[3];
  struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  struct uk_attr attr = {.valid = 0};
  if (arg[2] && copy_from_guest(times, arg[2], sizeof(times)))
    return -EFAULT;
  if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
    return 0;
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
    return -EINVAL;
  int err = one_time(&times[0], UK_ATTR_ATIME, &attr.valid);
  if (!err)
    err = one_time(&times[1], UK_ATTR_MTIME, &attr.valid);
  if (err)
    return err;
  attr.atime = times[0];
  attr.mtime = times[1];
  if (!arg[1]) /* futimens() */
    return (int)arg[0] == AT_FDCWD ? -EFAULT : set_attr_fd((int)arg[0], &attr);
  return set_attr_at((int)arg[0], arg[1],
                     ((flags & AT_SYMLINK_NOFOLLOW) ? 0u : UK_WALK_FOLLOW) |
                         ((flags & AT_EMPTY_PATH) ? UK_WALK_EMPTY : 0u),
                     &attr);
}

/* utimes, futimesat: microseconds. */
static int64_t set_times_us(int dirfd, uint64_t path, uint64_t addr) {
  struct uk_attr attr = {.valid = UK_ATTR_ATIME | UK_ATTR_MTIME};
  attr.atime = attr.mtime = uk_now_real();
  if (addr) {
    int64_t us[4];
    if (copy_from_guest(us, addr, sizeof(us)))
      return -EFAULT;
    if (us[1] < 0 || us[1] > 999999 || us[3] < 0 || us[3] > 999999)
      return -EINVAL;
    attr.atime = (struct timespec){us[0], us[1] * 1000};
    attr.mtime = (struct timespec){us[2], us[3] * 1000};
  }
  return set_attr_at(dirfd, path, UK_WALK_FOLLOW, &attr);
}

static int64_t sys_utimes(const uint64_t arg[6]) {
  return set_times_us(AT_FDCWD, arg[0], arg[1]);
}

static int64_t sys_futimesat(const uint64_t arg[6]) {
  return set_times_us((int)arg[0], arg[1], arg[2]);
}

static int64_t sys_utime(const uint64_t arg[6]) {
  struct uk_attr attr = {.valid = UK_ATTR_ATIME | UK_ATTR_MTIME};
  attr.atime = attr.mtime = uk_now_real();
  if (arg[1]) {
    int64_t seconds[2];
    if (copy_from_guest(seconds, arg[1], sizeof(seconds)))
      return -EFAULT;
    attr.atime = (struct timespec){seconds[0], 0};
    attr.mtime = (struct timespec){seconds[1], 0};
  }
  return set_attr_at(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &attr);
}

/* ---- Size ---------------------------------------------------------------- */

static int64_t sys_truncate(const uint64_t arg[6]) {
  struct uk_walk walk;
  if ((int64_t)arg[1] < 0)
    return -EINVAL;
  int err = uk_walk_guest(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  err = walk.inode ? uk_truncate_inode(walk.mnt, walk.inode, (int64_t)arg[1])
                   : -EINVAL;
  uk_walk_end(&walk);
  return err;
}

static int64_t sys_ftruncate(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  if ((int64_t)arg[1] < 0)
    return -EINVAL;
  if (!file || (file->flags & UK_O_PATH))
    return -EBADF;
  if (!file->inode || !S_ISREG(file->inode->mode) || !uk_file_writes(file))
    return -EINVAL;
  return uk_truncate_inode(file->mnt, file->inode, (int64_t)arg[1]);
}

static int64_t sys_fallocate(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  int64_t offset = (int64_t)arg[2], len = (int64_t)arg[3], end;
  struct stat st;
  if (!file || (file->flags & UK_O_PATH))
    return -EBADF;
  if (offset < 0 || len <= 0)
    return -EINVAL;
  if ((int)arg[1] & ~FALLOC_FL_KEEP_SIZE)
    return -EOPNOTSUPP;
  if (!uk_file_writes(file))
    return -EBADF;
  if (!file->inode)
    return -ESPIPE;
  if (!S_ISREG(file->inode->mode))
    return -ENODEV;
  if (__builtin_add_overflow(offset, len, &end))
    return -EFBIG;
  if (!file->ops->write)
    return -EOPNOTSUPP;
  int err = uk_inode_stat(file->inode, &st);
  if (err || ((int)arg[1] & FALLOC_FL_KEEP_SIZE) || end <= st.st_size)
    return err;
  return uk_truncate_inode(file->mnt, file->inode, end);
}

static int64_t sys_fsync(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  if (!file || (file->flags & UK_O_PATH))
    return -EBADF;
  return uk_file_syncs(file) ? 0 : -EINVAL;
}

static int64_t sys_sync(const uint64_t arg[6]) {
  (void)arg;
  return 0;
}

static int64_t sys_fadvise64(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  if (!file)
    return -EBADF;
  if ((int)arg[3] < 0 || (int)arg[3] > 5 || (int64_t)arg[2] < 0)
    return -EINVAL;
  return file->inode ? 0 : -ESPIPE;
}

/* Extended attributes: none anywhere. */
static int64_t sys_no_xattr(const uint64_t arg[6]) {
  (void)arg;
  return -EOPNOTSUPP;
}

const struct uk_syscall_row uk_syscalls_attr[] = {
    {74, {"fsync", sys_fsync}},          {75, {"fdatasync", sys_fsync}},
    {76, {"truncate", sys_truncate}},    {77, {"ftruncate", sys_ftruncate}},
    {90, {"chmod", sys_chmod}},          {91, {"fchmod", sys_fchmod}},
    {92, {"chown", sys_chown}},          {93, {"fchown", sys_fchown}},
    {94, {"lchown", sys_lchown}},        {132, {"utime", sys_utime}},
    {162, {"sync", sys_sync}},           {188, {"setxattr", sys_no_xattr}},
    {189, {"lsetxattr", sys_no_xattr}},  {190, {"fsetxattr", sys_no_xattr}},
    {191, {"getxattr", sys_no_xattr}},   {192, {"lgetxattr", sys_no_xattr}},
    {193, {"fgetxattr", sys_no_xattr}},  {194, {"listxattr", sys_no_xattr}},
    {195, {"llistxattr", sys_no_xattr}}, {196, {"flistxattr", sys_no_xattr}},
    {221, {"fadvise64", sys_fadvise64}}, {235, {"utimes", sys_utimes}},
    {260, {"fchownat", sys_fchownat}},   {261, {"futimesat", sys_futimesat}},
    {268, {"fchmodat", sys_fchmodat}},   {277, {"sync_file_range", sys_fsync}},
    {280, {"utimensat", sys_utimensat}}, {285, {"fallocate", sys_fallocate}},
    {306, {"syncfs", sys_fsync}},        {0, {NULL, NULL}},
};
