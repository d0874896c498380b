/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * fstypes.c - what mount can make: file systems by type, their options
 *
 * The kernel's own trees (proc, sysfs, devtmpfs, debugfs) are the same ones
 * wherever they are mounted, and stay when nobody shows them.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static struct uk_inode *kept[4];

void uk_fs_keep(struct uk_inode *root) {
  for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
    if (!kept[i]) {
      kept[i] = uk_inode_get(root);
      break;
    }
  }
  uk_fs_mounted(root);
}

void uk_fs_mounted(struct uk_inode *inode) { inode->fs->mounts++; }

void uk_fs_unmounted(struct uk_inode *inode) {
  struct uk_fs *fs = inode->fs;
  if (--fs->mounts == 0 && fs->kill)
    fs->kill(fs);
}

void uk_fs_unused(struct uk_inode *root) {
  if (!root->fs->mounts && root->fs->kill)
    root->fs->kill(root->fs);
}

/* ---- Options ------------------------------------------------------------- */

struct options {
  bool has_mode, has_uid, has_gid, has_pages, has_inodes, set_ro, ro;
  mode_t mode;
  uid_t uid;
  gid_t gid;
  uint64_t pages, inodes;
};

static bool number(const char *text, int base, uint64_t *out) {
  char *end;
  if (!text || *text < '0' || *text > '9')
    return false;
  errno = 0;
  *out = strtoull(text, &end, base);
  return !errno && !*end;
}

/* As Linux's memparse(): a number and k, m, g, t, p, e; or percent of all. */
static bool size(const char *text, uint64_t *bytes) {
  char *end;
  if (!text || *text < '0' || *text > '9')
    return false;
  *bytes = strtoull(text, &end, 0);
  if (*end == '%') {
    *bytes = uk_memory_limit() / 100 * *bytes;
    end++;
  } else if (*end) {
    const char *units = "kmgtpe", *unit = strchr(units, *end | 0x20);
    if (!unit)
      return false;
    *bytes <<= 10 * (unit - units + 1);
    end++;
  }
  return !*end;
}

/* Those that each file system knows. */
static bool common_option(struct options *o, const char *key) {
  static const char *const nothing[] = {"sync", "async",    "dirsync",
                                        "mand", "lazytime", "nolazytime"};
  if (!strcmp(key, "ro") || !strcmp(key, "rw")) {
    o->set_ro = true;
    o->ro = key[1] == 'o';
    return true;
  }
  for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
    if (!strcmp(key, nothing[i]))
      return true;
  return false;
}

static bool tmpfs_option(struct options *o, const char *key,
                         const char *value) {
  uint64_t n = 0;
  if (!strcmp(key, "size") || !strcmp(key, "nr_blocks")) {
    if (!size(value, &n))
      return false;
    o->has_pages = true;
    o->pages = *key == 's' ? n / UK_PAGE + (n % UK_PAGE != 0) : n;
    return true;
  }
  if (!strcmp(key, "nr_inodes")) {
    o->has_inodes = true;
    return size(value, &o->inodes);
  }
  if (!strcmp(key, "mode")) {
    o->has_mode = number(value, 8, &n);
    o->mode = (mode_t)(n & 07777);
    return o->has_mode;
  }
  if (!strcmp(key, "uid") || !strcmp(key, "gid")) {
    if (!number(value, 10, &n) || n >= UINT32_MAX)
      return false;
    *(*key == 'u' ? &o->uid : &o->gid) = (uint32_t)n;
    *(*key == 'u' ? &o->has_uid : &o->has_gid) = true;
    return true;
  }
  return !strcmp(key, "inode64") || !strcmp(key, "inode32") ||
         !strcmp(key, "noswap");
}

static int parse(const char *type, char *text, struct options *o) {
  char *save = NULL;
  const bool tmpfs = !strcmp(type, "tmpfs") || !strcmp(type, "devtmpfs");
  memset(o, 0, sizeof(*o));
  for (char *key = strtok_r(text, ",", &save); key;
       key = strtok_r(NULL, ",", &save)) {
    char *value = strchr(key, '=');
    if (value)
      *value++ = '\0';
    if (common_option(o, key) || !strcmp(key, "source"))
      continue;
    if (!strcmp(type, "ramfs")) { /* others mean nothing to it */
      if (!strcmp(key, "mode") && !tmpfs_option(o, key, value))
        return -EINVAL;
    } else if (!tmpfs || !tmpfs_option(o, key, value)) {
      return -EINVAL;
    }
  }
  return 0;
}

/* ---- Mounting ------------------------------------------------------------ */

static void apply(struct uk_inode *root, const struct options *o) {
  if (o->has_mode)
    root->mode = S_IFDIR | o->mode;
  if (o->has_uid)
    root->uid = o->uid;
  if (o->has_gid)
    root->gid = o->gid;
  if (o->has_pages)
    root->fs->max_pages = o->pages;
  if (o->has_inodes)
    root->fs->max_inodes = o->inodes;
}

int uk_fs_mount(const char *type, char *text, unsigned long *flags,
                struct uk_inode **out) {
  struct options o;
  struct uk_inode *root = NULL;
  const bool tmpfs = !strcmp(type, "tmpfs"), ramfs = !strcmp(type, "ramfs");
  for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
    if (kept[i] && !strcmp(kept[i]->fs->type, type))
      root = kept[i];
  if (!tmpfs && !ramfs && !root)
    return -ENODEV;
  int err = parse(type, text, &o);
  if (err)
    return err;
  if (o.set_ro)
    *flags = (*flags & ~(unsigned long)MS_RDONLY) | (o.ro ? MS_RDONLY : 0);
  if (root) {
    *out = uk_inode_get(root);
    return 0;
  }
  root = uk_ramfs_new(tmpfs ? "tmpfs" : "ramfs",
                      tmpfs ? TMPFS_MAGIC : RAMFS_MAGIC);
  if (!root)
    return -ENOMEM;
  root->mode = S_IFDIR | (tmpfs ? 01777 : 0755);
  apply(root, &o);
  root->fs->readonly = *flags & MS_RDONLY;
  *out = root;
  return 0;
}

int uk_fs_remount(struct uk_inode *inode, char *text, bool readonly) {
  struct uk_fs *fs = inode->fs;
  struct options o;
  int err = parse(fs->type, text, &o);
  if (err)
    return err;
  if (o.set_ro)
    readonly = o.ro;
  if ((o.has_pages && o.pages && o.pages < fs->pages) ||
      (o.has_inodes && o.inodes && o.inodes < fs->inodes))
    return -EINVAL; /* too small for what is there */
  if (!strcmp(fs->type, "hostfs"))
    return readonly ? 0 : -EACCES;
  if (readonly && !fs->readonly && fs->writers)
    return -EBUSY;
  fs->readonly = readonly;
  if (o.has_pages)
    fs->max_pages = o.pages;
  if (o.has_inodes)
    fs->max_inodes = o.inodes;
  return 0;
}
