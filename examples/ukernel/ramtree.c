/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ramtree.c - what the kernel itself puts into trees in memory
 */
#define _GNU_SOURCE
#include "ram.h"

#include <errno.h>
#include <string.h>

void uk_ramfs_fix(struct uk_inode *root) { root->fs->fixed = true; }

static int add_leaf(struct uk_inode *dir, const char *name, mode_t mode,
                    dev_t rdev, const char *content,
                    int (*open)(struct uk_inode *, int, struct uk_file **)) {
  struct uk_inode *inode;
  int err = dir->ops->create(dir, name, mode, rdev,
                             S_ISLNK(mode) ? content : NULL, &inode);
  if (err)
    return err;
  struct ram_node *node = inode->priv;
  node->open = open;
  if (S_ISREG(mode) && content) {
    size_t len = strlen(content);
    err = ram_data_resize(&node->data, (int64_t)len);
    if (!err)
      memcpy(node->data.pages->base, content, len);
  }
  uk_inode_put(inode);
  return err;
}

int uk_ramfs_add(struct uk_inode *root, const char *path, mode_t mode,
                 dev_t rdev, const char *content,
                 int (*open)(struct uk_inode *, int, struct uk_file **)) {
  struct uk_inode *dir = uk_inode_get(root);
  const char *slash;
  int err = 0;
  while (!err && (slash = strchr(path, '/'))) {
    char name[UK_NAME_MAX + 1] = "";
    struct uk_inode *next = NULL;
    strncat(name, path, (size_t)(slash - path));
    err = dir->ops->lookup(dir, name, &next);
    if (err == -ENOENT)
      err = dir->ops->create(dir, name, S_IFDIR | 0755, 0, NULL, &next);
    if (!err) {
      uk_inode_put(dir);
      dir = next;
    }
    path = slash + 1;
  }
  if (!err)
    err = add_leaf(dir, path, mode, rdev, content, open);
  uk_inode_put(dir);
  return err;
}
