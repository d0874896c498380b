/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_umount.c - umount2, pivot_root
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>

static bool is_ours(const struct uk_mount *mnt) {
  return mnt && mnt->ns && mnt->ns == uk_where()->ns;
}

/* The walk has a reference, and the tree. */
static bool is_busy(const struct uk_mount *mnt) {
  return mnt->child || mnt->refs > 2;
}

/* 1: only its mark for expiry is to be set. */
static int may_umount(const struct uk_walk *walk, int flags) {
  const struct uk_mount *mnt = walk->mnt;
  const bool is_root = mnt && mnt == uk_where()->root.mnt;
  if (!uk_capable(CAP_SYS_ADMIN))
    return -EPERM;
  if (!uk_walk_is_root(walk) || !is_ours(mnt))
    return -EINVAL;
  if (flags & MNT_EXPIRE) {
    if (is_root || (flags & (MNT_FORCE | MNT_DETACH)))
      return -EINVAL;
    if (mnt->refs > 2)
      return -EBUSY;
    if (!mnt->expiring)
      return 1;
  }
  if (is_root && !(flags & MNT_DETACH))
    return 0;
  if (!mnt->parent)
    return -EINVAL;
  return !(flags & MNT_DETACH) && is_busy(mnt) ? -EBUSY : 0;
}

static int64_t sys_umount2(const uint64_t arg[6]) {
  const int flags = (int)arg[1];
  struct uk_walk walk;
  if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
    return -EINVAL;
  int err = uk_walk_guest(AT_FDCWD, arg[0],
                          flags & UMOUNT_NOFOLLOW ? 0u : UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  struct uk_mount *mnt = walk.mnt;
  err = may_umount(&walk, flags);
  if (err == 1) {
    uk_walk_end(&walk);
    mnt->expiring = true; /* its tree has it */
    return -EAGAIN;
  }
  if (!err && mnt == uk_where()->root.mnt && !(flags & MNT_DETACH)) {
    char none[1] = ""; /* Linux makes the root read-only instead */
    err = uk_fs_remount(mnt->root, none, true);
  } else if (!err) {
    uk_umount_tree(mnt);
  }
  uk_walk_end(&walk);
  return err;
}

/* ---- pivot_root ---------------------------------------------------------- */

static int check_pivot(const struct uk_walk *new, const struct uk_walk *old) {
  const struct uk_path *root = &uk_where()->root;
  const struct uk_path to = {new->mnt, new->inode};
  const struct uk_path put = {old->mnt, old->inode};
  if (old->inode->nlink == 0 || new->inode->nlink == 0)
    return -ENOENT;
  if (!is_ours(root->mnt) || !is_ours(new->mnt) || !is_ours(old->mnt))
    return -EINVAL;
  if (new->mnt == root->mnt || old->mnt == root->mnt)
    return -EBUSY;
  if (!uk_inode_same(root->inode, root->mnt->root) || !root->mnt->parent ||
      !uk_walk_is_root(new) || !new->mnt->parent)
    return -EINVAL;
  if (!uk_path_reachable(&put, &to) || !uk_path_reachable(&to, root))
    return -EINVAL;
  return 0;
}

/* Everybody whose root or directory is the old root goes along. */
static void follow_root(struct uk_where *where, const void *from_to) {
  const struct uk_path *from = from_to, *to = from + 1;
  if (uk_path_same(&where->root, from))
    uk_path_set(&where->root, to);
  if (uk_path_same(&where->cwd, from))
    uk_path_set(&where->cwd, to);
}

/* The new root goes where the old one was, and the old one to @old. */
static int pivot(struct uk_walk *new, struct uk_walk *old) {
  struct uk_path from = uk_where()->root;
  struct uk_mount *root = from.mnt;
  const struct uk_path from_to[2] = {from, {new->mnt, new->inode}};
  const bool on_root = uk_walk_is_root(old);
  uk_path_get(&from);
  int err = uk_mount_swap(root, new->mnt, old->mnt,
                          on_root ? NULL : old->inode->parent,
                          on_root ? NULL : old->inode->name, old->inode);
  if (!err)
    uk_each_where(follow_root, from_to);
  uk_path_put(&from);
  return err;
}

static int walk_dir(uint64_t path, struct uk_walk *walk) {
  int err = uk_walk_guest(AT_FDCWD, path, UK_WALK_FOLLOW, walk);
  if (!err && (!walk->inode || !S_ISDIR(walk->inode->mode))) {
    uk_walk_end(walk);
    err = -ENOTDIR;
  }
  return err;
}

static int64_t sys_pivot_root(const uint64_t arg[6]) {
  struct uk_walk new, old;
  if (!uk_capable(CAP_SYS_ADMIN))
    return -EPERM;
  int err = walk_dir(arg[0], &new);
  if (err)
    return err;
  err = walk_dir(arg[1], &old);
  if (!err) {
    err = check_pivot(&new, &old);
    if (!err)
      err = pivot(&new, &old);
    uk_walk_end(&old);
  }
  uk_walk_end(&new);
  return err;
}

const struct uk_syscall_row uk_syscalls_umount[] = {
    {155, {"pivot_root", sys_pivot_root}},
    {166, {"umount2", sys_umount2}},
    {0, {NULL, NULL}},
};
