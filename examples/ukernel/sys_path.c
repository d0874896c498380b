/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_path.c - system calls that change the tree
 *
 * The order of the checks is Linux's: what exists (EEXIST) goes before what
 * may not be written (EROFS) for new names, and behind it for old ones.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* May entries of @dir change? */
static int may_change(const struct uk_walk *walk) {
  const struct uk_inode *dir = walk->dir;
  if (uk_path_readonly(walk->dir_mnt, dir))
    return -EROFS;
  if (dir->fs->fixed)
    return -EPERM;
  return dir->nlink == 0 ? -ENOENT : 0;
}

/* ---- New names ----------------------------------------------------------- */

/* May what was walked to be made? Ends the walk if not. */
static int may_make(struct uk_walk *walk, bool dir) {
  int err;
  if (walk->inode || walk->file)
    err = -EEXIST;
  else if (walk->slash && !dir)
    err = -ENOENT;
  else
    err = may_change(walk);
  if (!err && !walk->dir->ops->create)
    err = -EPERM;
  if (err)
    uk_walk_end(walk);
  return err;
}

/* Walks to a name that must not exist yet. */
static int walk_new(int dirfd, uint64_t path, bool dir, struct uk_walk *walk) {
  int err = uk_walk_guest(dirfd, path, UK_WALK_NEW, walk);
  return err ? err : may_make(walk, dir);
}

int uk_make_node(const char *path, mode_t mode, bool taken,
                 struct uk_inode **out) {
  struct uk_walk walk;
  int err = uk_walk(AT_FDCWD, path, UK_WALK_NEW, &walk);
  if (!err)
    err = may_make(&walk, false);
  if (err)
    return err;
  err = taken ? -EINVAL
              : walk.dir->ops->create(walk.dir, walk.name, mode, 0, NULL,
                                      &walk.inode);
  if (!err)
    *out = uk_inode_get(walk.inode);
  uk_walk_end(&walk);
  return err;
}

static int64_t make(int dirfd, uint64_t path, mode_t mode, dev_t rdev,
                    const char *target) {
  struct uk_walk walk;
  int err = walk_new(dirfd, path, S_ISDIR(mode), &walk);
  if (err)
    return err;
  if (!S_ISLNK(mode))
    mode &= ~uk_where()->umask;
  err = walk.dir->ops->create(walk.dir, walk.name, mode, rdev, target,
                              &walk.inode);
  uk_walk_end(&walk);
  return err;
}

static int64_t sys_mkdir(const uint64_t arg[6]) {
  return make(AT_FDCWD, arg[0], S_IFDIR | ((mode_t)arg[1] & 01777), 0, NULL);
}

static int64_t sys_mkdirat(const uint64_t arg[6]) {
  return make((int)arg[0], arg[1], S_IFDIR | ((mode_t)arg[2] & 01777), 0, NULL);
}

static int64_t make_node(int dirfd, uint64_t path, mode_t mode, dev_t rdev) {
  if ((mode & S_IFMT) == 0)
    mode |= S_IFREG;
  switch (mode & S_IFMT) {
  case S_IFREG:
  case S_IFIFO:
  case S_IFSOCK:
    rdev = 0;
    break;
  case S_IFCHR:
    break;
  default:
    return S_ISDIR(mode) ? -EPERM : -EINVAL;
  }
  return make(dirfd, path, mode & (S_IFMT | 07777), rdev, NULL);
}

static int64_t sys_mknod(const uint64_t arg[6]) {
  return make_node(AT_FDCWD, arg[0], (mode_t)arg[1], (uint32_t)arg[2]);
}

static int64_t sys_mknodat(const uint64_t arg[6]) {
  return make_node((int)arg[0], arg[1], (mode_t)arg[2], (uint32_t)arg[3]);
}

static int64_t make_symlink(uint64_t target_addr, int dirfd, uint64_t path) {
  char target[UK_PATH_MAX];
  int err = copy_string_from_guest(target, target_addr, sizeof(target));
  if (err < 0)
    return err;
  if (!*target)
    return -ENOENT;
  return make(dirfd, path, S_IFLNK | 0777, 0, target);
}

static int64_t sys_symlink(const uint64_t arg[6]) {
  return make_symlink(arg[0], AT_FDCWD, arg[1]);
}

static int64_t sys_symlinkat(const uint64_t arg[6]) {
  return make_symlink(arg[0], (int)arg[1], arg[2]);
}

static int64_t make_link(int old_dirfd, uint64_t old_path, int dirfd,
                         uint64_t path, int flags) {
  struct uk_walk old, walk;
  unsigned int how = 0;
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
    return -EINVAL;
  if (flags & AT_SYMLINK_FOLLOW)
    how |= UK_WALK_FOLLOW;
  if (flags & AT_EMPTY_PATH)
    how |= UK_WALK_EMPTY;
  int err = uk_walk_guest(old_dirfd, old_path, how, &old);
  if (err)
    return err;
  err = walk_new(dirfd, path, false, &walk);
  if (!err) {
    if (!old.inode || old.mnt != walk.dir_mnt || old.inode->fs != walk.dir->fs)
      err = -EXDEV;
    else if (S_ISDIR(old.inode->mode))
      err = -EPERM;
    else if (!walk.dir->ops->link)
      err = -EPERM;
    else
      err = walk.dir->ops->link(walk.dir, walk.name, old.inode);
    uk_walk_end(&walk);
  }
  uk_walk_end(&old);
  return err;
}

static int64_t sys_link(const uint64_t arg[6]) {
  return make_link(AT_FDCWD, arg[0], AT_FDCWD, arg[1], 0);
}

static int64_t sys_linkat(const uint64_t arg[6]) {
  return make_link((int)arg[0], arg[1], (int)arg[2], arg[3], (int)arg[4]);
}

/* ---- Removal ------------------------------------------------------------- */

static int may_remove(const struct uk_walk *walk, bool dir) {
  struct uk_inode *inode = walk->inode;
  if (!inode)
    return -ENOENT;
  if (dir && !S_ISDIR(inode->mode))
    return -ENOTDIR;
  if (!dir && S_ISDIR(inode->mode))
    return -EISDIR;
  if (uk_mountpoint(walk->dir, walk->name))
    return -EBUSY;
  return walk->dir->ops->remove && !walk->dir->fs->fixed ? 0 : -EPERM;
}

static int64_t remove_path(int dirfd, uint64_t path, bool dir) {
  struct uk_walk walk;
  int err = uk_walk_guest(dirfd, path, UK_WALK_NEW, &walk);
  if (err)
    return err;
  if (walk.last == UK_LAST_ROOT)
    err = dir ? -EBUSY : -EISDIR;
  else if (walk.last != UK_LAST_NORM)
    err = !dir ? -EISDIR : walk.last == UK_LAST_DOT ? -EINVAL : -ENOTEMPTY;
  else if (uk_path_readonly(walk.dir_mnt, walk.dir))
    err = -EROFS;
  else if (!walk.inode)
    err = -ENOENT;
  else if (walk.slash && !S_ISDIR(walk.inode->mode))
    err = -ENOTDIR;
  else
    err = may_remove(&walk, dir);
  if (!err)
    err = walk.dir->ops->remove(walk.dir, walk.name, walk.inode);
  if (!err)
    uk_mountpoint_gone(walk.dir, walk.name);
  uk_walk_end(&walk);
  return err;
}

static int64_t sys_unlink(const uint64_t arg[6]) {
  return remove_path(AT_FDCWD, arg[0], false);
}

static int64_t sys_rmdir(const uint64_t arg[6]) {
  return remove_path(AT_FDCWD, arg[0], true);
}

static int64_t sys_unlinkat(const uint64_t arg[6]) {
  if ((int)arg[2] & ~AT_REMOVEDIR)
    return -EINVAL;
  return remove_path((int)arg[0], arg[1], (int)arg[2] & AT_REMOVEDIR);
}

/* ---- Rename -------------------------------------------------------------- */

static int may_rename(const struct uk_walk *from, const struct uk_walk *to,
                      unsigned int flags) {
  struct uk_inode *inode = from->inode, *victim = to->inode;
  if (from->last != UK_LAST_NORM)
    return -EBUSY;
  if (to->last != UK_LAST_NORM)
    return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
  /* Linux: EXDEV, and mv would copy what is behind a link in /proc. */
  if (from->dir->fs->fixed)
    return -EPERM;
  if (from->dir_mnt != to->dir_mnt || from->dir->fs != to->dir->fs)
    return -EXDEV;
  if (uk_path_readonly(from->dir_mnt, from->dir))
    return -EROFS;
  if (!inode)
    return -ENOENT;
  if (victim && (flags & RENAME_NOREPLACE))
    return -EEXIST;
  bool dir = S_ISDIR(inode->mode);
  if (!dir && (from->slash || to->slash))
    return -ENOTDIR;
  if (dir && uk_dir_below(to->dir, inode))
    return -EINVAL;
  if (victim && S_ISDIR(victim->mode) && uk_dir_below(from->dir, victim))
    return -ENOTEMPTY;
  if (uk_mountpoint(from->dir, from->name))
    return -EBUSY;
  int err = may_change(to);
  if (!err && victim)
    err = dir && !S_ISDIR(victim->mode)   ? -ENOTDIR
          : !dir && S_ISDIR(victim->mode) ? -EISDIR
                                          : may_remove(to, dir);
  if (!err && !from->dir->ops->rename)
    err = -EPERM;
  return err;
}

static int rename_walked(struct uk_walk *from, struct uk_walk *to) {
  int err = from->dir->ops->rename(from->dir, from->name, from->inode, to->dir,
                                   to->name, to->inode);
  if (err)
    return err;
  uk_mountpoint_gone(to->dir, to->name);
  return uk_mountpoint_moved(from->dir, from->name, to->dir, to->name);
}

static int64_t rename_path(int from_fd, uint64_t from_path, int to_fd,
                           uint64_t to_path, unsigned int flags) {
  struct uk_walk from, to;
  if (flags & ~RENAME_NOREPLACE)
    return -EINVAL; /* RENAME_EXCHANGE, RENAME_WHITEOUT: some tmpfs have not */
  int err = uk_walk_guest(from_fd, from_path, UK_WALK_NEW, &from);
  if (err)
    return err;
  err = uk_walk_guest(to_fd, to_path, UK_WALK_NEW, &to);
  if (!err) {
    err = may_rename(&from, &to, flags);
    if (!err && from.inode != to.inode) /* two names of one file: nothing */
      err = rename_walked(&from, &to);
    uk_walk_end(&to);
  }
  uk_walk_end(&from);
  return err;
}

static int64_t sys_rename(const uint64_t arg[6]) {
  return rename_path(AT_FDCWD, arg[0], AT_FDCWD, arg[1], 0);
}

static int64_t sys_renameat(const uint64_t arg[6]) {
  return rename_path((int)arg[0], arg[1], (int)arg[2], arg[3], 0);
}

static int64_t sys_renameat2(const uint64_t arg[6]) {
  return rename_path((int)arg[0], arg[1], (int)arg[2], arg[3],
                     (uint32_t)arg[4]);
}

const struct uk_syscall_row uk_syscalls_path[] = {
    {82, {"rename", sys_rename}},
    {83, {"mkdir", sys_mkdir}},
    {84, {"rmdir", sys_rmdir}},
    {86, {"link", sys_link}},
    {87, {"unlink", sys_unlink}},
    {88, {"symlink", sys_symlink}},
    {133, {"mknod", sys_mknod}},
    {258, {"mkdirat", sys_mkdirat}},
    {259, {"mknodat", sys_mknodat}},
    {263, {"unlinkat", sys_unlinkat}},
    {264, {"renameat", sys_renameat}},
    {265, {"linkat", sys_linkat}},
    {266, {"symlinkat", sys_symlinkat}},
    {316, {"renameat2", sys_renameat2}},
    {0, {NULL, NULL}},
};
