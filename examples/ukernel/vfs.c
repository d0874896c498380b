/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * vfs.c - the guest's file tree: root, mounts, paths of directories
 *
 * The root is the host's root, read-only. On top of it lie trees in memory:
 * /tmp, /dev, /run, /sys and /proc. A mount is keyed by (directory, name) and
 * shows up there whether or not the file system below has such an entry.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct uk_inode *uk_root;
struct uk_mount *uk_mounts;

struct uk_inode *uk_mount_find(const struct uk_inode *dir, const char *name) {
  /* The newest wins; there are never many. */
  struct uk_inode *found = NULL;
  for (struct uk_mount *m = uk_mounts; m; m = m->next)
    if (m->dir && uk_inode_same(m->dir, dir) && strcmp(m->name, name) == 0)
      found = m->root;
  return found;
}

bool uk_mount_inside(const struct uk_inode *dir) {
  for (struct uk_mount *m = uk_mounts; m; m = m->next)
    if (m->dir && uk_inode_same(m->dir, dir))
      return true;
  return false;
}

static int mount_add(struct uk_inode *dir, const char *name,
                     struct uk_inode *root) {
  struct uk_mount *mount = calloc(1, sizeof(*mount));
  if (!mount)
    return -ENOMEM;
  mount->name = strdup(name);
  int err = mount->name ? uk_inode_place(root, dir, name) : -ENOMEM;
  if (err) {
    free(mount->name);
    free(mount);
    return err;
  }
  mount->dir = dir ? uk_inode_get(dir) : NULL;
  mount->root = uk_inode_get(root);
  struct uk_mount **end = &uk_mounts;
  while (*end)
    end = &(*end)->next;
  *end = mount;
  return 0;
}

/* A new root keeps what is mounted in the old one. */
static int mount_root(struct uk_inode *root) {
  struct uk_inode *old = uk_root;
  int err = mount_add(NULL, "", root);
  if (err)
    return err;
  uk_root = uk_inode_get(root);
  for (struct uk_mount *m = uk_mounts; m; m = m->next) {
    if (old && m->dir && uk_inode_same(m->dir, old)) {
      uk_inode_put(m->dir);
      m->dir = uk_inode_get(root);
      err = uk_inode_place(m->root, root, m->name);
      if (err)
        return err;
    }
  }
  uk_inode_put(old);
  return 0;
}

/* The entry @name of @dir, made if it is missing: in a tree in memory as a
 * directory, else as a mounted one. A new reference. */
static int make_dir(struct uk_inode *dir, const char *name,
                    struct uk_inode **out) {
  struct uk_inode *found = uk_mount_find(dir, name);
  if (found) {
    *out = uk_inode_get(found);
    return 0;
  }
  int err = dir->ops->lookup ? dir->ops->lookup(dir, name, out) : -ENOTDIR;
  if (err != -ENOENT)
    return err;
  if (dir->ops->create && !dir->fs->readonly)
    return dir->ops->create(dir, name, S_IFDIR | 0755, 0, NULL, out);
  *out = uk_ramfs_new("tmpfs", TMPFS_MAGIC);
  if (!*out)
    return -ENOMEM;
  err = mount_add(dir, name, *out);
  if (err)
    uk_inode_put(*out);
  return err;
}

/* @guest_path is absolute and literal: no links are followed. */
int uk_mount_at(const char *guest_path, struct uk_inode *root) {
  if (guest_path[0] != '/' || strlen(guest_path) >= UK_PATH_MAX)
    return -EINVAL;
  char path[UK_PATH_MAX];
  strcpy(path, guest_path);
  struct uk_inode *dir = uk_root ? uk_inode_get(uk_root) : NULL;
  char *save = NULL;
  char *name = strtok_r(path, "/", &save);
  if (!name) {
    uk_inode_put(dir);
    return mount_root(root);
  }
  int err = dir ? 0 : -ENOENT;
  while (!err) {
    char *next = strtok_r(NULL, "/", &save);
    if (strlen(name) > UK_NAME_MAX || !strcmp(name, ".") ||
        !strcmp(name, "..")) {
      err = -EINVAL;
    } else if (!next) {
      err = mount_add(dir, name, root);
      break;
    } else {
      struct uk_inode *child = NULL;
      err = make_dir(dir, name, &child);
      if (!err) {
        uk_inode_put(dir);
        dir = child;
        name = next;
      }
    }
  }
  uk_inode_put(dir);
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

ssize_t uk_dir_path(struct uk_inode *dir, struct uk_inode *root, char *buf,
                    size_t n) {
  char *at = buf + n;
  if (n < 2)
    return -ERANGE;
  *--at = '\0';
  struct uk_inode *start = dir;
  while (dir != root && dir->parent) {
    if (dir->nlink == 0)
      return -ENOENT;
    size_t len = strlen(dir->name);
    if ((size_t)(at - buf) < len + 1)
      return -ERANGE;
    at -= len;
    memcpy(at, dir->name, len);
    *--at = '/';
    dir = dir->parent;
  }
  if (start->nlink == 0)
    return -ENOENT;
  if (*at != '/') {
    if (at == buf)
      return -ERANGE;
    *--at = '/';
  }
  size_t len = (size_t)(buf + n - at);
  memmove(buf, at, len);
  return (ssize_t)len;
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

int uk_vfs_init(void) {
  struct uk_inode *root, *proc;
  int err;

  signal(SIGPIPE, SIG_IGN); /* a closed stdout is the guest's affair */
  err = uk_vfs_mount_host("/", "/");
  if (!err)
    err = mount_ram("/tmp", "tmpfs", TMPFS_MAGIC, 01777, &root);
  if (!err)
    err = mount_ram("/run", "tmpfs", TMPFS_MAGIC, 0755, &root);
  if (!err)
    err = mount_ram("/dev", "devtmpfs", TMPFS_MAGIC, 0755, &root);
  if (!err)
    err = uk_devfs_fill(root);
  if (!err)
    err = mount_ram("/sys", "sysfs", SYSFS_MAGIC, 0555, &root);
  if (!err)
    err = uk_kcov_init();
  if (err)
    return err;
  uk_ramfs_fix(root);
  proc = uk_procfs_root();
  if (!proc)
    return -ENOMEM;
  err = uk_mount_at("/proc", proc);
  uk_inode_put(proc);
  return err;
}
