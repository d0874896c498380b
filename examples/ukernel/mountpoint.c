/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mountpoint.c - names in directories that are mountpoints
 *
 * Who removes or renames such a name is refused if it is one in his own
 * namespace; mounts of other namespaces give way or go along.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>

bool uk_dir_below(const struct uk_inode *dir, const struct uk_inode *top) {
  for (; dir; dir = dir->parent)
    if (uk_inode_same(dir, top))
      return true;
  return false;
}

bool uk_mountpoint(const struct uk_inode *dir, const char *name) {
  const struct uk_mntns *ns = uk_where()->ns;
  for (struct uk_mount *m = uk_mount_any(NULL, dir, name); m;
       m = uk_mount_any(m, dir, name))
    if (m->ns == ns)
      return true;
  return false;
}

void uk_mountpoint_gone(const struct uk_inode *dir, const char *name) {
  struct uk_mount *m;
  while ((m = uk_mount_any(NULL, dir, name)))
    uk_umount_tree(m);
}

int uk_mountpoint_moved(const struct uk_inode *dir, const char *name,
                        struct uk_inode *to, const char *new_name) {
  struct uk_mount *m;
  int err = 0;
  while (!err && (m = uk_mount_any(NULL, dir, name)))
    err = uk_mount_move(m, m->parent, to, new_name, m->at ? m->at : to);
  return err;
}
