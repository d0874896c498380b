/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_stat.c - system calls that ask for attributes: stat, access, readlink,
 * statfs
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

_Static_assert(sizeof(struct stat) == 144, "the guest's stat is x86-64's");
_Static_assert(sizeof(struct statfs) == 120, "the guest's statfs is x86-64's");

static int walked_stat(const struct uk_walk *walk, struct stat *st) {
  return walk->inode ? uk_inode_stat(walk->inode, st)
                     : uk_file_stat(walk->file, st);
}

static int at_flags(int flags, unsigned int *how) {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
                AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC))
    return -EINVAL;
  *how = ((flags & AT_SYMLINK_NOFOLLOW) ? 0u : UK_WALK_FOLLOW) |
         ((flags & AT_EMPTY_PATH) ? UK_WALK_EMPTY : 0u);
  return 0;
}

static int stat_at(int dirfd, uint64_t path, int flags, struct stat *st) {
  struct uk_walk walk;
  unsigned int how;
  int err = at_flags(flags, &how);
  if (err)
    return err;
  if (path == 0 && (flags & AT_EMPTY_PATH)) /* since 6.11 */
    err = uk_walk(dirfd, "", how, &walk);
  else
    err = uk_walk_guest(dirfd, path, how, &walk);
  if (err)
    return err;
  err = walked_stat(&walk, st);
  uk_walk_end(&walk);
  return err;
}

static int64_t stat_to_guest(int err, const struct stat *st, uint64_t addr) {
  return err ? err : copy_to_guest(addr, st, sizeof(*st));
}

static int64_t sys_stat(const uint64_t arg[6]) {
  struct stat st;
  int err = stat_at(AT_FDCWD, arg[0], 0, &st);
  return stat_to_guest(err, &st, arg[1]);
}

static int64_t sys_lstat(const uint64_t arg[6]) {
  struct stat st;
  int err = stat_at(AT_FDCWD, arg[0], AT_SYMLINK_NOFOLLOW, &st);
  return stat_to_guest(err, &st, arg[1]);
}

static int64_t sys_fstat(const uint64_t arg[6]) {
  struct stat st;
  struct uk_file *file = uk_fd_file((int)arg[0]);
  int err = file ? uk_file_stat(file, &st) : -EBADF;
  return stat_to_guest(err, &st, arg[1]);
}

static int64_t sys_newfstatat(const uint64_t arg[6]) {
  struct stat st;
  int err = stat_at((int)arg[0], arg[1], (int)arg[3], &st);
  return stat_to_guest(err, &st, arg[2]);
}

static struct statx_timestamp statx_time(struct timespec time) {
  return (struct statx_timestamp){.tv_sec = time.tv_sec,
                                  .tv_nsec = (uint32_t)time.tv_nsec};
}

static int64_t sys_statx(const uint64_t arg[6]) {
  struct stat st;
  struct statx sx;
  int flags = (int)arg[2];
  if ((arg[3] & UINT64_C(0x80000000)) ||
      (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
    return -EINVAL;
  int err = stat_at((int)arg[0], arg[1], flags, &st);
  if (err)
    return err;
  memset(&sx, 0, sizeof(sx));
  sx.stx_mask = STATX_BASIC_STATS;
  sx.stx_blksize = (uint32_t)st.st_blksize;
  sx.stx_nlink = (uint32_t)st.st_nlink;
  sx.stx_uid = st.st_uid;
  sx.stx_gid = st.st_gid;
  sx.stx_mode = (uint16_t)st.st_mode;
  sx.stx_ino = st.st_ino;
  sx.stx_size = (uint64_t)st.st_size;
  sx.stx_blocks = (uint64_t)st.st_blocks;
  sx.stx_atime = statx_time(st.st_atim);
  sx.stx_mtime = statx_time(st.st_mtim);
  sx.stx_ctime = statx_time(st.st_ctim);
  sx.stx_rdev_major = major(st.st_rdev);
  sx.stx_rdev_minor = minor(st.st_rdev);
  sx.stx_dev_major = major(st.st_dev);
  sx.stx_dev_minor = minor(st.st_dev);
  return copy_to_guest(arg[4], &sx, sizeof(sx));
}

/* Root may do all but write what is read-only and run what nobody may run. */
static int64_t access_at(int dirfd, uint64_t path, int mode, int flags) {
  struct uk_walk walk;
  struct stat st;
  if ((mode & ~(R_OK | W_OK | X_OK)) ||
      (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
    return -EINVAL;
  unsigned int how = ((flags & AT_SYMLINK_NOFOLLOW) ? 0u : UK_WALK_FOLLOW) |
                     ((flags & AT_EMPTY_PATH) ? UK_WALK_EMPTY : 0u);
  int err = uk_walk_guest(dirfd, path, how, &walk);
  if (err)
    return err;
  err = walked_stat(&walk, &st);
  if (!err && (mode & X_OK) && S_ISREG(st.st_mode) && !(st.st_mode & 0111))
    err = -EACCES;
  if (!err && (mode & W_OK) && walk.inode &&
      uk_path_readonly(walk.mnt, walk.inode) &&
      (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)))
    err = -EROFS;
  uk_walk_end(&walk);
  return err;
}

static int64_t sys_access(const uint64_t arg[6]) {
  return access_at(AT_FDCWD, arg[0], (int)arg[1], 0);
}

static int64_t sys_faccessat(const uint64_t arg[6]) {
  return access_at((int)arg[0], arg[1], (int)arg[2], 0);
}

static int64_t sys_faccessat2(const uint64_t arg[6]) {
  return access_at((int)arg[0], arg[1], (int)arg[2], (int)arg[3]);
}

static int64_t readlink_at(int dirfd, uint64_t path, uint64_t buf, int size) {
  char target[UK_PATH_MAX];
  struct uk_walk walk;
  if (size <= 0)
    return -EINVAL;
  int err = uk_walk_guest(dirfd, path, UK_WALK_EMPTY, &walk);
  if (err)
    return err;
  ssize_t len = -EINVAL;
  if (walk.inode && S_ISLNK(walk.inode->mode))
    len = walk.inode->ops->readlink(walk.inode, target, sizeof(target));
  else if (walk.last == UK_LAST_ROOT && !walk.dir)
    len = -ENOENT; /* "" with a descriptor of something else */
  uk_walk_end(&walk);
  if (len > size)
    len = size;
  if (len > 0 && copy_to_guest(buf, target, (size_t)len))
    return -EFAULT;
  return len;
}

static int64_t sys_readlink(const uint64_t arg[6]) {
  return readlink_at(AT_FDCWD, arg[0], arg[1], (int)arg[2]);
}

static int64_t sys_readlinkat(const uint64_t arg[6]) {
  return readlink_at((int)arg[0], arg[1], arg[2], (int)arg[3]);
}

/* ---- statfs -------------------------------------------------------------- */

/* As in struct statfs; 0x20: the field is valid. */
static int mount_flags(const struct uk_mount *mnt,
                       const struct uk_inode *inode) {
  const unsigned long same =
      MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
  const unsigned long flags = mnt ? mnt->flags : 0;
  return 0x20 | (int)(flags & same) | (flags & MS_RELATIME ? 4096 : 0) |
         (uk_path_readonly(mnt, inode) ? 1 : 0);
}

static int64_t inode_statfs(const struct uk_mount *mnt, struct uk_inode *inode,
                            uint64_t buf) {
  struct statfs st;
  memset(&st, 0, sizeof(st));
  int err = 0;
  if (inode && inode->ops->statfs) {
    err = inode->ops->statfs(inode, &st);
  } else {
    st.f_type = inode ? (__typeof__(st.f_type))inode->fs->magic : PIPEFS_MAGIC;
    st.f_bsize = st.f_frsize = UK_PAGE;
    st.f_namelen = UK_NAME_MAX;
  }
  if (inode)
    st.f_flags = mount_flags(mnt, inode);
  return err ? err : copy_to_guest(buf, &st, sizeof(st));
}

static int64_t sys_statfs(const uint64_t arg[6]) {
  struct uk_walk walk;
  int64_t err = uk_walk_guest(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  err = inode_statfs(walk.mnt, walk.inode, arg[1]);
  uk_walk_end(&walk);
  return err;
}

static int64_t sys_fstatfs(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  return file ? inode_statfs(file->mnt, file->inode, arg[1]) : -EBADF;
}

const struct uk_syscall_row uk_syscalls_stat[] = {
    {4, {"stat", sys_stat}},
    {5, {"fstat", sys_fstat}},
    {6, {"lstat", sys_lstat}},
    {21, {"access", sys_access}},
    {89, {"readlink", sys_readlink}},
    {137, {"statfs", sys_statfs}},
    {138, {"fstatfs", sys_fstatfs}},
    {262, {"newfstatat", sys_newfstatat}},
    {267, {"readlinkat", sys_readlinkat}},
    {269, {"faccessat", sys_faccessat}},
    {332, {"statx", sys_statx}},
    {439, {"faccessat2", sys_faccessat2}},
    {0, {NULL, NULL}},
};
