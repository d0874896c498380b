/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * inode.c - the life of inodes and what is common to all file systems
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

struct timespec uk_now_real(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

dev_t uk_new_dev(void) {
  /* Far from the numbers that the host gives its own file systems. */
  static unsigned int minor_number = 0xf0000;
  return makedev(0, minor_number++);
}

struct uk_inode *uk_inode_new(const struct uk_inode_ops *ops, struct uk_fs *fs,
                              ino_t ino, mode_t mode) {
  struct uk_inode *inode = calloc(1, sizeof(*inode));
  if (!inode)
    return NULL;
  inode->ops = ops;
  inode->fs = fs;
  inode->refs = 1;
  inode->dev = fs->dev;
  inode->ino = ino;
  inode->mode = mode;
  inode->nlink = 1;
  inode->atime = inode->mtime = inode->ctime = uk_now_real();
  return inode;
}

struct uk_inode *uk_inode_get(struct uk_inode *inode) {
  inode->refs++;
  return inode;
}

void uk_inode_put(struct uk_inode *inode) {
  /* A directory's last reference drops its parent's: a loop, since chains may
   * be as deep as a guest likes. */
  while (inode && --inode->refs == 0) {
    struct uk_inode *parent = inode->parent;
    if (inode->ops->release)
      inode->ops->release(inode);
    free(inode->name);
    free(inode);
    inode = parent;
  }
}

int uk_inode_place(struct uk_inode *inode, struct uk_inode *parent,
                   const char *name) {
  char *copy = strdup(name);
  if (!copy)
    return -ENOMEM;
  struct uk_inode *old = inode->parent;
  free(inode->name);
  inode->name = copy;
  inode->parent = parent ? uk_inode_get(parent) : NULL;
  uk_inode_put(old);
  return 0;
}

bool uk_inode_same(const struct uk_inode *a, const struct uk_inode *b) {
  return a == b || (a && b && a->dev == b->dev && a->ino == b->ino);
}

int uk_inode_stat(struct uk_inode *inode, struct stat *st) {
  memset(st, 0, sizeof(*st));
  st->st_dev = inode->dev;
  st->st_ino = inode->ino;
  st->st_mode = inode->mode;
  st->st_nlink = inode->nlink;
  st->st_uid = inode->uid;
  st->st_gid = inode->gid;
  st->st_rdev = inode->rdev;
  st->st_blksize = UK_PAGE;
  st->st_atim = inode->atime;
  st->st_mtim = inode->mtime;
  st->st_ctim = inode->ctime;
  return inode->ops->getattr ? inode->ops->getattr(inode, st) : 0;
}

void uk_inode_touch(struct uk_inode *inode) {
  inode->mtime = inode->ctime = uk_now_real();
}
