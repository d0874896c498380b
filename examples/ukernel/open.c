/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * open.c - open and what creates open files from paths
 *
 * The guest's user is root: permission bits decide nothing here. Read-only
 * file systems do. Access mode 3 is Linux's "ioctl only".
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>

int uk_truncate_inode(struct uk_mount *mnt, struct uk_inode *inode,
                      int64_t size) {
  if (S_ISDIR(inode->mode))
    return -EISDIR;
  if (size < 0 || !S_ISREG(inode->mode))
    return -EINVAL;
  if (uk_path_readonly(mnt, inode))
    return -EROFS;
  return inode->ops->truncate ? inode->ops->truncate(inode, size) : -EINVAL;
}

static bool wants_write(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

/* O_PATH: names an object without opening it. */
static const struct uk_file_ops path_ops = {.read = NULL};

static int open_o_path(struct uk_inode *inode, int flags,
                       struct uk_file **out) {
  *out = uk_file_new(&path_ops, flags & (UK_O_PATH | O_DIRECTORY | O_NOFOLLOW),
                     NULL);
  if (!*out)
    return -ENOMEM;
  (*out)->inode = uk_inode_get(inode);
  return 0;
}

static bool is_device(const struct uk_inode *inode) {
  return S_ISCHR(inode->mode) || S_ISBLK(inode->mode);
}

static int open_inode(struct uk_mount *mnt, struct uk_inode *inode, int flags,
                      struct uk_file **out) {
  if (flags & UK_O_PATH)
    return open_o_path(inode, flags, out);
  if ((flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
    return -ENOTDIR;
  if (S_ISLNK(inode->mode))
    return -ELOOP; /* O_NOFOLLOW */
  if (S_ISDIR(inode->mode)) {
    if (wants_write(flags) || (flags & O_CREAT))
      return -EISDIR;
    return uk_dir_open(inode, flags | UK_O_LARGEFILE, out);
  }
  if (S_ISSOCK(inode->mode))
    return -ENXIO;
  if (mnt && (mnt->flags & MS_NODEV) && is_device(inode))
    return -EACCES;
  if (S_ISREG(inode->mode) && wants_write(flags) &&
      uk_path_readonly(mnt, inode))
    return -EROFS;
  if (!inode->ops->open)
    return -ENXIO;
  int err = inode->ops->open(inode, flags | UK_O_LARGEFILE, out);
  if (err)
    return err;
  if (!(*out)->inode)
    (*out)->inode = uk_inode_get(inode);
  if ((flags & O_DIRECT) && !(*out)->ops->read) {
    uk_file_put(*out);
    return -EINVAL;
  }
  if ((flags & O_TRUNC) && S_ISREG(inode->mode) && inode->ops->truncate)
    err = inode->ops->truncate(inode, 0);
  if (err)
    uk_file_put(*out);
  return err;
}

/* Opens what a walk found; O_CREAT and O_EXCL are done. */
int uk_open_inode(struct uk_mount *mnt, struct uk_inode *inode, int flags,
                  struct uk_file **out) {
  int err = open_inode(mnt, inode, flags, out);
  if (err)
    return err;
  struct uk_file *file = *out;
  if (file->mnt || !file->inode)
    return 0; /* another one's */
  file->mnt = uk_mount_get(mnt);
  if (uk_file_holds_writable(file)) {
    mnt->writers++;
    file->inode->fs->writers++;
  }
  return 0;
}

/* The absolute path that /proc shows. */
static void name_file(struct uk_file *file, const struct uk_walk *walk) {
  char path[UK_PATH_MAX];
  const struct uk_path dir = {walk->dir_mnt, walk->dir};
  if (file->path || !dir.inode)
    return;
  if (file->inode && S_ISDIR(file->inode->mode))
    return; /* asked for when needed */
  if (uk_path_text(&dir, &uk_where()->root, path, sizeof(path), NULL) < 0)
    return;
  uk_file_set_path(file, "%s%s%s", path, path[1] ? "/" : "", walk->name);
}

static int open_tmpfile(struct uk_walk *walk, int flags, mode_t mode,
                        struct uk_file **out) {
  struct uk_inode *dir = walk->inode;
  if (!S_ISDIR(dir->mode))
    return -ENOTDIR;
  if (!wants_write(flags))
    return -EINVAL;
  if (uk_path_readonly(walk->mnt, dir))
    return -EROFS;
  if (dir->fs->fixed)
    return -EOPNOTSUPP;
  struct uk_inode *inode = uk_ramfs_anon(dir, mode);
  if (!inode)
    return -EOPNOTSUPP;
  int err = uk_open_inode(walk->mnt, inode, flags & ~UK_O_TMPFILE, out);
  uk_inode_put(inode);
  return err;
}

/* The last component is missing: make it. */
static int create(struct uk_walk *walk, mode_t mode) {
  struct uk_inode *dir = walk->dir;
  if (dir->nlink == 0)
    return -ENOENT;
  if (uk_path_readonly(walk->dir_mnt, dir))
    return -EROFS;
  if (dir->fs->fixed || !dir->ops->create)
    return -EACCES;
  mode = S_IFREG | (mode & 07777 & ~uk_where()->umask);
  walk->mnt = uk_mount_get(walk->dir_mnt);
  return dir->ops->create(dir, walk->name, mode, 0, NULL, &walk->inode);
}

static int open_walked(struct uk_walk *walk, int flags, mode_t mode,
                       struct uk_file **out) {
  if ((flags & UK_O_TMPFILE) == UK_O_TMPFILE)
    return walk->inode ? open_tmpfile(walk, flags, mode, out) : -ENOTDIR;
  if ((flags & O_CREAT) && walk->slash && walk->last == UK_LAST_NORM)
    return -EISDIR; /* whatever is there */
  if (walk->file) { /* /proc/self/fd/N of a pipe and the like */
    if (flags & O_DIRECTORY)
      return -ENOTDIR;
    uk_file_get(walk->file);
    *out = walk->file;
    return 0;
  }
  if (walk->inode) {
    if ((flags & O_CREAT) && (flags & O_EXCL))
      return -EEXIST;
    return uk_open_inode(walk->mnt, walk->inode, flags, out);
  }
  int err = create(walk, mode);
  if (err)
    return err;
  return uk_open_inode(walk->mnt, walk->inode, flags & ~(O_TRUNC | O_CREAT),
                       out);
}

int uk_open_at(int dirfd, const char *path, int flags, unsigned int mode,
               struct uk_file **out) {
  struct uk_walk walk;
  unsigned int how = 0;
  if (flags & UK_O_PATH)
    flags &= UK_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  if ((flags & UK_O_TMPFILE) == UK_O_TMPFILE) {
    if (flags & O_CREAT)
      return -EINVAL;
  } else if ((flags & O_CREAT) && (flags & O_DIRECTORY)) {
    return -EINVAL;
  }
  if (flags & O_CREAT)
    how |= UK_WALK_NEW;
  if (!(flags & O_NOFOLLOW) &&
      (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
    how |= UK_WALK_FOLLOW;
  int err = uk_walk(dirfd, path, how, &walk);
  if (err)
    return err;
  err = open_walked(&walk, flags, mode, out);
  if (!err)
    name_file(*out, &walk);
  uk_walk_end(&walk);
  return err;
}

int uk_open_path(const char *path, int flags, unsigned int mode,
                 struct uk_file **out) {
  return uk_open_at(AT_FDCWD, path, flags, mode, out);
}

/* ---- System calls -------------------------------------------------------- */

static int64_t open_guest(int dirfd, uint64_t path, int flags, mode_t mode) {
  char buf[UK_PATH_MAX];
  struct uk_file *file = NULL;
  int err = copy_string_from_guest(buf, path, sizeof(buf));
  if (err < 0)
    return err;
  err = uk_open_at(dirfd, buf, flags, mode, &file);
  return err ? err : uk_fd_install(file, 0, flags & O_CLOEXEC);
}

static int64_t sys_open(const uint64_t arg[6]) {
  return open_guest(AT_FDCWD, arg[0], (int)arg[1], (mode_t)arg[2]);
}

static int64_t sys_openat(const uint64_t arg[6]) {
  return open_guest((int)arg[0], arg[1], (int)arg[2], (mode_t)arg[3]);
}

static int64_t sys_creat(const uint64_t arg[6]) {
  return open_guest(AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC,
                    (mode_t)arg[1]);
}

static int64_t sys_memfd_create(const uint64_t arg[6]) {
  char name[250];
  struct uk_file *file;
  uint32_t flags = (uint32_t)arg[1];
  if (flags & ~(uint32_t)(MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x18))
    return -EINVAL; /* 0x18: MFD_NOEXEC_SEAL, MFD_EXEC; no huge pages */
  int err = copy_string_from_guest(name, arg[0], sizeof(name));
  if (err < 0)
    return err == -ENAMETOOLONG ? -EINVAL : err;
  struct uk_inode *inode = uk_ramfs_anon(NULL, 0777);
  if (!inode)
    return -ENOMEM;
  err = uk_open_inode(NULL, inode, O_RDWR, &file);
  uk_inode_put(inode);
  if (err)
    return err;
  uk_file_set_path(file, "/memfd:%s (deleted)", name);
  return uk_fd_install(file, 0, flags & MFD_CLOEXEC);
}

const struct uk_syscall_row uk_syscalls_open[] = {
    {2, {"open", sys_open}},
    {85, {"creat", sys_creat}},
    {257, {"openat", sys_openat}},
    {319, {"memfd_create", sys_memfd_create}},
    {0, {NULL, NULL}},
};
