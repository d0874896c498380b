/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mountns.c - namespaces of mounts: a tree of them each, freed with the last
 * process or file that has it
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_INO 0xf0000001u

struct uk_mntns *uk_first_mntns;

static struct uk_mntns *new_ns(void) {
  static uint64_t last_seq;
  if (uk_charge(UK_COST_MNTNS))
    return NULL;
  struct uk_mntns *ns = calloc(1, sizeof(*ns));
  if (!ns) {
    uk_uncharge(UK_COST_MNTNS);
    return NULL;
  }
  ns->refs = 1;
  ns->ino = FIRST_INO + last_seq;
  ns->seq = ++last_seq;
  return ns;
}

static void fill(struct uk_mntns *ns, struct uk_mount *tree) {
  ns->root = tree;
  for (struct uk_mount *m = tree; m; m = uk_mount_next(m, tree)) {
    m->ns = ns;
    ns->count++;
  }
}

struct uk_mntns *uk_mntns_new(struct uk_inode *root) {
  struct uk_mntns *ns = new_ns();
  struct uk_mount *mnt = ns ? uk_mount_new(root, 0, "rootfs") : NULL;
  if (!mnt) {
    uk_mntns_put(ns);
    return NULL;
  }
  fill(ns, mnt);
  return ns;
}

struct uk_mntns *uk_mntns_get(struct uk_mntns *ns) {
  ns->refs++;
  return ns;
}

/* A mount may be the last that has another namespace, and so on: a loop. */
void uk_mntns_put(struct uk_mntns *ns) {
  static struct uk_mntns *dead;
  static bool freeing;
  if (!ns || --ns->refs > 0)
    return;
  ns->next_dead = dead;
  dead = ns;
  if (freeing)
    return;
  freeing = true;
  while ((ns = dead)) {
    dead = ns->next_dead;
    if (ns->root)
      uk_umount_tree(ns->root);
    free(ns);
    uk_uncharge(UK_COST_MNTNS);
  }
  freeing = false;
}

/* The same place in the copy of its mount. */
static void move_to_copy(struct uk_path *path, const struct uk_mntns *old) {
  if (!path->mnt || path->mnt->ns != old)
    return;
  const struct uk_path to = {path->mnt->copy, path->inode};
  uk_path_set(path, &to);
}

int uk_mntns_unshare(struct uk_where *where) {
  struct uk_mntns *old = where->ns, *ns = new_ns();
  struct uk_mount *tree;
  if (!ns)
    return -ENOMEM;
  int err = uk_mount_copy(old->root, old->root->root,
                          UK_COPY_BELOW | UK_COPY_UNBINDABLE, &tree);
  if (err) {
    uk_mntns_put(ns);
    return err;
  }
  move_to_copy(&where->root, old);
  move_to_copy(&where->cwd, old);
  fill(ns, tree);
  where->ns = ns;
  uk_mntns_put(old);
  return 0;
}

void uk_mntns_top(struct uk_mntns *ns, struct uk_path *out) {
  *out = (struct uk_path){ns->root, ns->root->root};
  uk_path_get(out);
  uk_path_enter(out);
}

void uk_mntns_join(struct uk_where *where, struct uk_mntns *ns) {
  struct uk_mntns *old = where->ns;
  struct uk_path top;
  uk_mntns_top(ns, &top);
  where->ns = uk_mntns_get(ns);
  uk_path_set(&where->root, &top);
  uk_path_set(&where->cwd, &top);
  uk_path_put(&top);
  uk_mntns_put(old);
}
