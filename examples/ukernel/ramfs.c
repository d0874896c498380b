/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ramfs.c - a file system in memory: the tree
 *
 * Regular content is in ramdata.c. Each directory entry has a cookie of its
 * own that is never used again, so that a listing can go on behind an entry
 * that has been removed.
 */
#define _GNU_SOURCE
#include "ram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct uk_inode_ops ramfs_ops;
static ino_t next_ino = 2;

static struct ram_node *node_of(const struct uk_inode *inode) {
  return inode->priv;
}

static uint32_t name_hash(const char *name) {
  uint32_t hash = 2166136261u;
  for (; *name; name++)
    hash = (hash ^ (uint8_t)*name) * 16777619u;
  return hash;
}

static struct ram_entry **find(struct uk_inode *dir, const char *name) {
  uint32_t hash = name_hash(name);
  struct ram_entry **at = &node_of(dir)->first;
  while (*at && ((*at)->hash != hash || strcmp((*at)->name, name) != 0))
    at = &(*at)->next;
  return at;
}

/* ---- Entries ------------------------------------------------------------- */

/* @at: the end of the list, from a find() of the same name. */
static int add_entry(struct uk_inode *dir, struct ram_entry **at,
                     const char *name, struct uk_inode *inode) {
  struct ram_node *node = node_of(dir);
  if (uk_charge(UK_COST_NAME))
    return -ENOSPC;
  struct ram_entry *entry = malloc(sizeof(*entry) + strlen(name) + 1);
  if (!entry) {
    uk_uncharge(UK_COST_NAME);
    return -ENOMEM;
  }
  strcpy(entry->name, name);
  entry->hash = name_hash(name);
  entry->cookie = ++node->last_cookie;
  entry->inode = uk_inode_get(inode);
  entry->next = NULL;
  *at = entry;
  node->entries++;
  uk_inode_touch(dir);
  return 0;
}

static void drop_entry(struct uk_inode *dir, struct ram_entry **at) {
  struct ram_entry *entry = *at;
  *at = entry->next;
  node_of(dir)->entries--;
  uk_inode_touch(dir);
  uk_inode_put(entry->inode);
  free(entry);
  uk_uncharge(UK_COST_NAME);
}

static struct uk_inode *new_inode(struct uk_fs *fs, mode_t mode) {
  if ((fs->max_inodes && fs->inodes >= fs->max_inodes) ||
      uk_charge(UK_COST_INODE))
    return NULL;
  struct ram_node *node = calloc(1, sizeof(*node));
  struct uk_inode *inode =
      node ? uk_inode_new(&ramfs_ops, fs, next_ino++, mode) : NULL;
  if (!inode) {
    free(node);
    uk_uncharge(UK_COST_INODE);
    return NULL;
  }
  node->last_cookie = 2; /* "." and ".." */
  inode->priv = node;
  node->data.fs = fs;
  fs->inodes++;
  if (S_ISDIR(mode))
    inode->nlink = 2;
  return inode;
}

static int ram_lookup(struct uk_inode *dir, const char *name,
                      struct uk_inode **out) {
  struct ram_entry *entry = *find(dir, name);
  if (!entry)
    return -ENOENT;
  *out = uk_inode_get(entry->inode);
  return 0;
}

static int ram_create(struct uk_inode *dir, const char *name, mode_t mode,
                      dev_t rdev, const char *target, struct uk_inode **out) {
  struct uk_inode *inode = new_inode(dir->fs, mode);
  if (!inode)
    return -ENOSPC;
  inode->rdev = rdev;
  int err = 0;
  if (target) {
    err = uk_charge(strlen(target)) ? -ENOSPC : 0;
    if (!err && !(node_of(inode)->target = strdup(target))) {
      uk_uncharge(strlen(target));
      err = -ENOMEM;
    }
  }
  if (!err && S_ISDIR(mode))
    err = uk_inode_place(inode, dir, name);
  if (!err)
    err = add_entry(dir, find(dir, name), name, inode);
  if (err) {
    uk_inode_put(inode);
    return err;
  }
  if (S_ISDIR(mode))
    dir->nlink++;
  *out = inode;
  return 0;
}

static int ram_link(struct uk_inode *dir, const char *name,
                    struct uk_inode *inode) {
  int err = add_entry(dir, find(dir, name), name, inode);
  if (err)
    return err;
  inode->nlink++;
  inode->ctime = uk_now_real();
  return 0;
}

static void unlinked(struct uk_inode *dir, struct uk_inode *inode) {
  inode->ctime = uk_now_real();
  if (S_ISDIR(inode->mode)) {
    inode->nlink = 0;
    dir->nlink--;
  } else if (inode->nlink) {
    inode->nlink--;
  }
}

static int ram_remove(struct uk_inode *dir, const char *name,
                      struct uk_inode *inode) {
  struct ram_entry **at = find(dir, name);
  if (!*at)
    return -ENOENT;
  if (S_ISDIR(inode->mode) && node_of(inode)->entries)
    return -ENOTEMPTY;
  unlinked(dir, inode);
  drop_entry(dir, at);
  return 0;
}

static int ram_rename(struct uk_inode *from, const char *name,
                      struct uk_inode *inode, struct uk_inode *to,
                      const char *new_name, struct uk_inode *victim) {
  if (victim && S_ISDIR(victim->mode) && node_of(victim)->entries)
    return -ENOTEMPTY;
  if (S_ISDIR(inode->mode)) {
    int err = uk_inode_place(inode, to, new_name);
    if (err)
      return err;
  }
  struct ram_entry **at = find(to, new_name);
  if (victim) { /* the entry stays and leads elsewhere */
    unlinked(to, victim);
    (*at)->inode = uk_inode_get(inode);
    uk_inode_put(victim);
    uk_inode_touch(to);
  } else {
    int err = add_entry(to, at, new_name, inode);
    if (err)
      return err;
  }
  drop_entry(from, find(from, name));
  if (S_ISDIR(inode->mode)) {
    from->nlink--;
    to->nlink++;
  }
  inode->ctime = uk_now_real();
  return 0;
}

static int ram_list(struct uk_inode *dir, struct uk_dirlist *list) {
  int err = 0;
  for (struct ram_entry *e = node_of(dir)->first; e && !err; e = e->next)
    err =
        uk_dirlist_add(list, e->name, e->inode->ino, e->inode->mode, e->cookie);
  return err;
}

/* ---- Nodes --------------------------------------------------------------- */

static ssize_t ram_readlink(struct uk_inode *inode, char *buf, size_t n) {
  const char *target = node_of(inode)->target;
  size_t len = strlen(target);
  if (len > n)
    len = n;
  memcpy(buf, target, len);
  return (ssize_t)len;
}

static int ram_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  if (node_of(inode)->open)
    return node_of(inode)->open(inode, flags, out);
  if (S_ISREG(inode->mode))
    return ram_data_open(inode, flags, out);
  if (S_ISFIFO(inode->mode))
    return uk_fifo_open(inode, flags, out);
  return uk_dev_open(inode->rdev, flags, out);
}

static int ram_getattr(struct uk_inode *inode, struct stat *st) {
  struct ram_node *node = node_of(inode);
  if (S_ISDIR(inode->mode))
    st->st_size = (off_t)(40 + 20 * node->entries); /* as tmpfs */
  else if (S_ISLNK(inode->mode))
    st->st_size = (off_t)strlen(node->target);
  else if (S_ISREG(inode->mode))
    ram_data_stat(&node->data, st);
  return 0;
}

static int ram_setattr(struct uk_inode *inode, const struct uk_attr *attr) {
  if (attr->valid & UK_ATTR_MODE)
    inode->mode = (inode->mode & S_IFMT) | (attr->mode & 07777);
  if (attr->valid & UK_ATTR_UID)
    inode->uid = attr->uid;
  if (attr->valid & UK_ATTR_GID)
    inode->gid = attr->gid;
  if (attr->valid & UK_ATTR_ATIME)
    inode->atime = attr->atime;
  if (attr->valid & UK_ATTR_MTIME)
    inode->mtime = attr->mtime;
  inode->ctime = uk_now_real();
  return 0;
}

static int ram_truncate(struct uk_inode *inode, int64_t size) {
  int err = ram_data_resize(&node_of(inode)->data, size);
  if (!err)
    uk_inode_touch(inode);
  return err;
}

static int ram_statfs(struct uk_inode *inode, struct statfs *st) {
  st->f_type = (__typeof__(st->f_type))inode->fs->magic;
  st->f_bsize = st->f_frsize = UK_PAGE;
  ram_data_usage(inode->fs, st);
  st->f_files = inode->fs->max_inodes ? inode->fs->max_inodes : 1 << 20;
  st->f_ffree =
      st->f_files > inode->fs->inodes ? st->f_files - inode->fs->inodes : 0;
  st->f_namelen = UK_NAME_MAX;
  return 0;
}

static void ram_release(struct uk_inode *inode) {
  struct ram_node *node = node_of(inode);
  /* A removed directory is empty; a tree is freed from below. */
  while (node->first) {
    struct ram_entry *entry = node->first;
    node->first = entry->next;
    uk_inode_put(entry->inode);
    free(entry);
    uk_uncharge(UK_COST_NAME);
  }
  if (S_ISFIFO(inode->mode))
    uk_fifo_release(inode);
  ram_data_free(&node->data);
  if (node->target)
    uk_uncharge(strlen(node->target));
  free(node->target);
  free(node);
  uk_uncharge(UK_COST_INODE);
  if (--inode->fs->inodes == 0 && !inode->fs->root) {
    free(inode->fs); /* killed, and this was the last to know it */
    uk_uncharge(sizeof(struct uk_fs));
  }
}

static const struct uk_inode_ops ramfs_ops = {
    .lookup = ram_lookup,
    .create = ram_create,
    .link = ram_link,
    .remove = ram_remove,
    .rename = ram_rename,
    .readlink = ram_readlink,
    .open = ram_open,
    .list = ram_list,
    .getattr = ram_getattr,
    .setattr = ram_setattr,
    .truncate = ram_truncate,
    .statfs = ram_statfs,
    .release = ram_release,
};

/* ---- For the kernel ------------------------------------------------------ */

/*
 * Directories and their parents have references to each other, so a tree does
 * not go by itself. No recursion: it is as deep as a guest likes. What is still
 * open or bound lives on without a name.
 */
static void ram_kill(struct uk_fs *fs) {
  struct uk_inode *todo = fs->root, *next;
  fs->root = NULL;
  fs->kill = NULL;
  node_of(todo)->next_dead = NULL;
  for (; todo; todo = next) {
    struct ram_node *node = node_of(todo);
    next = node->next_dead;
    while (node->first) {
      struct ram_entry *entry = node->first;
      struct uk_inode *inode = entry->inode;
      node->first = entry->next;
      free(entry);
      uk_uncharge(UK_COST_NAME);
      if (S_ISDIR(inode->mode)) {
        inode->nlink = 0;
        node_of(inode)->next_dead = next;
        next = inode;
      } else {
        if (inode->nlink)
          inode->nlink--;
        uk_inode_put(inode);
      }
    }
    node->entries = 0;
    uk_inode_put(todo);
  }
}

struct uk_inode *uk_ramfs_new(const char *type, uint64_t magic) {
  struct uk_fs *fs = uk_charge(sizeof(*fs)) ? NULL : calloc(1, sizeof(*fs));
  if (!fs)
    return NULL;
  fs->type = type;
  fs->magic = magic;
  fs->dev = uk_new_dev();
  fs->kill = ram_kill;
  fs->root = new_inode(fs, S_IFDIR | 0755);
  if (fs->root)
    return uk_inode_get(fs->root);
  free(fs);
  uk_uncharge(sizeof(*fs));
  return NULL;
}

struct uk_inode *uk_ramfs_anon(struct uk_inode *dir, mode_t mode) {
  static struct uk_inode *shmem; /* where memfd_create's files belong */
  if (dir && dir->ops != &ramfs_ops)
    return NULL;
  if (!dir && !shmem)
    shmem = uk_ramfs_new("tmpfs", 0x01021994);
  if (!dir && !shmem)
    return NULL;
  mode = S_IFREG | (mode & 07777 & ~(dir ? uk_where()->umask : 0u));
  struct uk_inode *inode = new_inode(dir ? dir->fs : shmem->fs, mode);
  if (inode)
    inode->nlink = 0;
  return inode;
}
