/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * where.c - where a task is: its root, its directory, its mounts, its umask
 *
 * Threads share it (CLONE_FS), until one of them has its own by unshare.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The guest starts where the host program was started, if it can see that. */
static void first_cwd(struct uk_where *where) {
  char path[UK_PATH_MAX];
  struct uk_walk walk;
  if (!getcwd(path, sizeof(path)) || uk_walk(AT_FDCWD, path, 0, &walk))
    return;
  const struct uk_path here = {walk.mnt, walk.inode};
  if (here.inode && S_ISDIR(here.inode->mode))
    uk_path_set(&where->cwd, &here);
  uk_walk_end(&walk);
}

/* Before the first process runs, the kernel itself opens the program. */
static struct uk_where *boot_where(void) {
  static struct uk_where boot;
  if (boot.refs)
    return &boot;
  boot.refs = 1;
  boot.umask = 022;
  boot.ns = uk_mntns_get(uk_first_mntns);
  uk_mntns_top(boot.ns, &boot.root);
  boot.cwd = boot.root;
  uk_path_get(&boot.cwd);
  first_cwd(&boot);
  return &boot;
}

struct uk_where *uk_where(void) {
  struct uk_task *task = uk_current();
  struct uk_where *where = task ? uk_task_where(task) : NULL;
  return where ? where : boot_where();
}

struct uk_where *uk_where_get(struct uk_where *where) {
  where->refs++;
  return where;
}

struct uk_where *uk_where_copy(struct uk_where *where) {
  if (!where)
    where = boot_where();
  struct uk_where *copy =
      uk_charge(sizeof(*copy)) ? NULL : malloc(sizeof(*copy));
  if (!copy)
    return NULL;
  *copy = *where;
  copy->refs = 1;
  uk_path_get(&copy->root);
  uk_path_get(&copy->cwd);
  uk_mntns_get(copy->ns);
  return copy;
}

int uk_where_shared(struct uk_where *where) { return where->refs; }

void uk_where_put(struct uk_where *where) {
  if (!where || --where->refs > 0)
    return;
  uk_path_put(&where->cwd);
  uk_path_put(&where->root);
  uk_mntns_put(where->ns);
  free(where);
  uk_uncharge(sizeof(*where));
}
