/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mountpath.c - up and down through mounts, and the paths that lead there
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

void uk_path_get(const struct uk_path *path) {
  uk_mount_get(path->mnt);
  uk_inode_get(path->inode);
}

void uk_path_put(struct uk_path *path) {
  uk_inode_put(path->inode);
  uk_mount_put_unused(path->mnt); /* last: with it its file system may go */
  *path = (struct uk_path){NULL, NULL};
}

void uk_path_set(struct uk_path *path, const struct uk_path *to) {
  struct uk_path old = *path;
  uk_path_get(to);
  *path = *to;
  uk_path_put(&old);
}

bool uk_path_same(const struct uk_path *a, const struct uk_path *b) {
  return a->mnt == b->mnt && uk_inode_same(a->inode, b->inode);
}

static bool at_root(const struct uk_path *path) {
  return path->mnt && uk_inode_same(path->inode, path->mnt->root);
}

void uk_path_enter(struct uk_path *path) {
  for (;;) {
    const struct uk_inode *inode = path->inode;
    struct uk_mount *next = NULL;
    if (at_root(path))
      next = path->mnt->over;
    else if (path->mnt && S_ISDIR(inode->mode) && inode->parent)
      next = uk_mount_find(path->mnt, inode->parent, inode->name);
    if (!next)
      return;
    const struct uk_path to = {next, next->root};
    uk_path_set(path, &to);
  }
}

int uk_path_up(struct uk_path *path, const struct uk_path *root) {
  struct uk_path at = *path;
  while (at_root(&at)) {
    const struct uk_mount *mnt = at.mnt;
    const struct uk_path covered = {mnt->parent, mnt->at};
    if (uk_path_same(&at, root) || !mnt->parent ||
        (mnt->at && uk_path_same(&covered, root)))
      return 0;
    at.mnt = mnt->parent;
    at.inode = mnt->dir ? mnt->dir : mnt->parent->root;
    if (mnt->dir) {
      uk_path_set(path, &at);
      return 0;
    }
  }
  struct uk_inode *parent = at.inode->parent;
  if (uk_path_same(&at, root) || !parent)
    return 0;
  /* A part that is mounted elsewhere, and was moved out of it. */
  if (at.mnt && at.mnt->root->parent && !uk_dir_below(parent, at.mnt->root))
    return -ENOENT;
  at.inode = parent;
  uk_path_set(path, &at);
  return 0;
}

bool uk_path_reachable(const struct uk_path *path, const struct uk_path *from) {
  const struct uk_mount *mnt = path->mnt;
  const struct uk_inode *inode = path->inode, *covered = NULL;
  while (mnt != from->mnt && mnt->parent) {
    covered = mnt->dir ? mnt->at : NULL;
    inode = mnt->dir ? mnt->dir : mnt->parent->root;
    mnt = mnt->parent;
  }
  return mnt == from->mnt &&
         ((covered && uk_inode_same(covered, from->inode)) ||
          uk_dir_below(inode, from->inode));
}

bool uk_path_readonly(const struct uk_mount *mnt,
                      const struct uk_inode *inode) {
  return inode->fs->readonly || (mnt && (mnt->flags & MS_RDONLY));
}

/* In front of what stands at *@at. */
static bool prepend(char *buf, char **at, const char *name) {
  size_t len = strlen(name);
  if ((size_t)(*at - buf) < len + 1)
    return false;
  *at -= len;
  memcpy(*at, name, len);
  *--*at = '/';
  return true;
}

ssize_t uk_path_text(const struct uk_path *path, const struct uk_path *root,
                     char *buf, size_t n, bool *outside) {
  struct uk_path at = *path;
  char *text = buf + n;
  bool fits = n >= 2, apart = false;
  if (!fits)
    return -ERANGE;
  *--text = '\0';
  while (fits && !uk_path_same(&at, root)) {
    const bool top = at_root(&at);
    if (top ? !at.mnt->parent : !at.inode->parent) {
      apart = true;
      break;
    }
    if (!top) {
      fits = prepend(buf, &text, at.inode->name);
      at.inode = at.inode->parent;
      continue;
    }
    const struct uk_mount *mnt = at.mnt;
    const struct uk_path covered = {mnt->parent, mnt->at};
    if (mnt->at && uk_path_same(&covered, root))
      break;
    if (mnt->dir)
      fits = prepend(buf, &text, mnt->name);
    at.mnt = mnt->parent;
    at.inode = mnt->dir ? mnt->dir : mnt->parent->root;
  }
  if (fits && !*text)
    fits = prepend(buf, &text, "");
  if (!fits)
    return -ERANGE;
  if (outside)
    *outside = apart;
  size_t len = (size_t)(buf + n - text);
  memmove(buf, text, len);
  return (ssize_t)len;
}
