/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * vfs.c - the guest's file tree at the start
 *
 * The root is the host's root, read-only. On top of it lie trees in memory:
 * /tmp, /dev, /run, /sys and /proc. What lies over a host directory needs no
 * entry there.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static struct uk_mount *new_mount(struct uk_inode *root) {
  const char *type = root->fs->type;
  return uk_mount_new(root, MS_RELATIME,
                      strcmp(type, "hostfs") ? type : "host");
}

/* What is mounted in the directory @old moves to @mnt. */
static int inherit(struct uk_mount *mnt, struct uk_mount *old) {
  for (struct uk_mount *m = old->child, *next; m; m = next) {
    next = m->sibling;
    if (!m->dir || !uk_inode_same(m->dir, old->root))
      continue;
    char name[UK_NAME_MAX + 1];
    strcpy(name, m->name);
    uk_mount_unhang(m);
    int err = uk_mount_attach(m, mnt, mnt->root, name, NULL);
    if (err)
      return err;
  }
  uk_umount_tree(old);
  return 0;
}

static int mount_root(struct uk_inode *root) {
  struct uk_mount *below = uk_first_mntns->root, *old = below->over;
  struct uk_mount *mnt = new_mount(root);
  if (!mnt)
    return -ENOMEM;
  below->over = NULL;
  int err = uk_mount_attach(mnt, below, NULL, NULL, below->root);
  if (err || !old)
    return err;
  err = inherit(mnt, old);
  below->over = mnt;
  return err;
}

/* Covers @name of @dir, which is made if that is possible. */
static int mount_in(const struct uk_path *dir, const char *name,
                    struct uk_inode *root) {
  struct uk_inode *at = NULL;
  struct uk_mount *mnt = new_mount(root);
  if (!mnt)
    return -ENOMEM;
  struct uk_mount *covered = uk_mount_find(dir->mnt, dir->inode, name);
  int err = 0;
  if (covered) {
    struct uk_path top = {covered, covered->root};
    uk_path_get(&top);
    uk_path_enter(&top);
    err = uk_mount_attach(mnt, top.mnt, NULL, NULL, top.inode);
    uk_path_put(&top);
  } else {
    const struct uk_inode_ops *ops = dir->inode->ops;
    if (!ops->lookup)
      err = -ENOTDIR;
    else if (ops->lookup(dir->inode, name, &at))
      at = NULL;
    if (!err && !at && ops->create && !dir->inode->fs->readonly)
      err = ops->create(dir->inode, name, S_IFDIR | 0755, 0, NULL, &at);
    if (!err)
      err = uk_mount_attach(mnt, dir->mnt, dir->inode, name, at);
    uk_inode_put(at);
  }
  if (err)
    uk_mount_put(mnt);
  return err;
}

/* The entry @name of @dir, made if it is missing: in a tree in memory as a
 * directory, else as a mounted one. Replaces @dir. */
static int make_dir(struct uk_path *dir, const char *name) {
  struct uk_path next = {uk_mount_find(dir->mnt, dir->inode, name), NULL};
  const struct uk_inode_ops *ops = dir->inode->ops;
  int err = ops->lookup ? 0 : -ENOTDIR;
  if (!next.mnt && !err) {
    err = ops->lookup(dir->inode, name, &next.inode);
    if (err == -ENOENT && ops->create && !dir->inode->fs->readonly)
      err = ops->create(dir->inode, name, S_IFDIR | 0755, 0, NULL, &next.inode);
    if (!err) {
      uk_inode_put(dir->inode);
      dir->inode = next.inode;
      return 0;
    }
    if (err == -ENOENT) {
      struct uk_inode *root = uk_ramfs_new("tmpfs", TMPFS_MAGIC);
      err = root ? mount_in(dir, name, root) : -ENOMEM;
      uk_inode_put(root);
      next.mnt = uk_mount_find(dir->mnt, dir->inode, name);
    }
  }
  if (err)
    return err;
  next.inode = next.mnt->root;
  uk_path_set(dir, &next);
  uk_path_enter(dir);
  return 0;
}

/* @guest_path is absolute and literal: no links are followed. */
int uk_mount_at(const char *guest_path, struct uk_inode *root) {
  if (guest_path[0] != '/' || strlen(guest_path) >= UK_PATH_MAX)
    return -EINVAL;
  char path[UK_PATH_MAX];
  strcpy(path, guest_path);
  char *save = NULL;
  char *name = strtok_r(path, "/", &save);
  if (!name)
    return mount_root(root);
  struct uk_path dir;
  uk_mntns_top(uk_first_mntns, &dir);
  int err = 0;
  while (!err) {
    char *next = strtok_r(NULL, "/", &save);
    if (strlen(name) > UK_NAME_MAX || !strcmp(name, ".") ||
        !strcmp(name, "..")) {
      err = -EINVAL;
    } else if (!next) {
      err = mount_in(&dir, name, root);
      break;
    } else {
      err = make_dir(&dir, name);
      name = next;
    }
  }
  uk_path_put(&dir);
  return err;
}

int uk_vfs_mount_host(const char *host_dir, const char *guest_dir) {
  struct uk_inode *root;
  int err = uk_hostfs_root(host_dir, &root);
  if (err)
    return err;
  err = uk_mount_at(guest_dir, root);
  uk_inode_put(root);
  return err;
}

static int mount_ram(const char *path, const char *type, uint64_t magic,
                     mode_t mode, struct uk_inode **out) {
  *out = uk_ramfs_new(type, magic);
  if (!*out)
    return -ENOMEM;
  (*out)->mode = S_IFDIR | mode;
  int err = uk_mount_at(path, *out);
  uk_inode_put(*out); /* the mount holds it */
  return err;
}

static int make_first_namespace(void) {
  struct uk_inode *root = uk_ramfs_new("rootfs", RAMFS_MAGIC);
  uk_first_mntns = root ? uk_mntns_new(root) : NULL;
  uk_inode_put(root);
  return uk_first_mntns ? 0 : -ENOMEM;
}

int uk_vfs_init(void) {
  struct uk_inode *root, *proc;
  int err;

  signal(SIGPIPE, SIG_IGN); /* a closed stdout is the guest's affair */
  err = make_first_namespace();
  if (!err)
    err = uk_vfs_mount_host("/", "/");
  if (!err)
    err = mount_ram("/tmp", "tmpfs", TMPFS_MAGIC, 01777, &root);
  if (!err)
    err = mount_ram("/run", "tmpfs", TMPFS_MAGIC, 0755, &root);
  if (!err)
    err = mount_ram("/dev", "devtmpfs", TMPFS_MAGIC, 0755, &root);
  if (!err) {
    uk_fs_keep(root);
    err = uk_devfs_fill(root);
  }
  if (!err)
    err = mount_ram("/sys", "sysfs", SYSFS_MAGIC, 0555, &root);
  if (!err) {
    uk_fs_keep(root);
    err = uk_kcov_init();
  }
  if (err)
    return err;
  uk_ramfs_fix(root);
  proc = uk_procfs_root();
  if (!proc)
    return -ENOMEM;
  uk_fs_keep(proc);
  err = uk_mount_at("/proc", proc);
  uk_inode_put(proc);
  return err;
}
