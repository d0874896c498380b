/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mount.c - mounts and the trees that they hang in
 *
 * Trees may be as deep as a guest likes: nothing here recurses. A mount in a
 * tree has the tree's reference; its parent has none to it, since both leave
 * the tree together.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024u

/* By directory and name: those on the root of another are in its @over. */
static struct uk_mount *bucket[BUCKETS];

static struct uk_mount **bucket_of(const struct uk_inode *dir,
                                   const char *name) {
  uint64_t hash = dir->ino * UINT64_C(0x9e3779b97f4a7c15);
  for (; *name; name++)
    hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
  return &bucket[(hash >> 20) % BUCKETS];
}

/* ---- Life ---------------------------------------------------------------- */

struct uk_mount *uk_mount_new(struct uk_inode *root, unsigned long flags,
                              const char *source) {
  static int last_id;
  const size_t bytes = UK_COST_MOUNT + strlen(source);
  if (uk_charge(bytes))
    return NULL;
  struct uk_mount *mnt = calloc(1, sizeof(*mnt));
  if (mnt)
    mnt->source = strdup(source);
  if (!mnt || !mnt->source) {
    free(mnt);
    uk_uncharge(bytes);
    return NULL;
  }
  mnt->refs = 1;
  mnt->charged = bytes;
  mnt->flags = flags;
  mnt->id = last_id = last_id < INT32_MAX ? last_id + 1 : 1;
  mnt->root = uk_inode_get(root);
  uk_fs_mounted(root);
  return mnt;
}

struct uk_mount *uk_mount_get(struct uk_mount *mnt) {
  if (mnt)
    mnt->refs++;
  return mnt;
}

void uk_mount_put_unused(struct uk_mount *mnt) {
  if (!mnt || --mnt->refs > 0)
    return;
  uk_fs_unmounted(mnt->root);
  uk_inode_put(mnt->root);
  uk_uncharge(mnt->charged);
  free(mnt->source);
  free(mnt->root_name);
  free(mnt);
}

void uk_mount_put(struct uk_mount *mnt) {
  if (mnt)
    mnt->expiring = false;
  uk_mount_put_unused(mnt);
}

/* ---- Trees --------------------------------------------------------------- */

struct uk_mount *uk_mount_find(const struct uk_mount *mnt,
                               const struct uk_inode *dir, const char *name) {
  if (!dir)
    return mnt->over;
  struct uk_mount *m = *bucket_of(dir, name);
  while (m && (m->parent != mnt || strcmp(m->name, name) != 0 ||
               !uk_inode_same(m->dir, dir)))
    m = m->hash_next;
  return m;
}

struct uk_mount *uk_mount_any(struct uk_mount *after,
                              const struct uk_inode *dir, const char *name) {
  struct uk_mount *m = after ? after->hash_next : *bucket_of(dir, name);
  while (m && (strcmp(m->name, name) != 0 || !uk_inode_same(m->dir, dir)))
    m = m->hash_next;
  return m;
}

struct uk_mount *uk_mount_next(struct uk_mount *mnt,
                               const struct uk_mount *top) {
  return mnt->child ? mnt->child : uk_mount_skip(mnt, top);
}

struct uk_mount *uk_mount_skip(struct uk_mount *mnt,
                               const struct uk_mount *top) {
  for (; mnt != top; mnt = mnt->parent)
    if (mnt->sibling)
      return mnt->sibling;
  return NULL;
}

/* Takes over @name, which means nothing if @dir is NULL. */
static void hang_named(struct uk_mount *mnt, struct uk_mount *parent,
                       struct uk_inode *dir, char *name, struct uk_inode *at) {
  mnt->parent = parent;
  mnt->name = name;
  mnt->dir = dir ? uk_inode_get(dir) : NULL;
  mnt->at = at ? uk_inode_get(at) : NULL;
  struct uk_mount **end = &parent->child;
  while (*end)
    end = &(*end)->sibling;
  *end = mnt;
  if (dir) {
    struct uk_mount **head = bucket_of(dir, name);
    mnt->hash_next = *head;
    *head = mnt;
  } else {
    parent->over = mnt;
  }
}

static int hang(struct uk_mount *mnt, struct uk_mount *parent,
                struct uk_inode *dir, const char *name, struct uk_inode *at) {
  char *copy = strdup(name ? name : "");
  if (!copy)
    return -ENOMEM;
  hang_named(mnt, parent, dir, copy, at);
  return 0;
}

void uk_mount_unhang(struct uk_mount *mnt) {
  if (!mnt->parent)
    return;
  struct uk_mount **at = &mnt->parent->child;
  while (*at != mnt)
    at = &(*at)->sibling;
  *at = mnt->sibling;
  if (mnt->dir) {
    at = bucket_of(mnt->dir, mnt->name);
    while (*at != mnt)
      at = &(*at)->hash_next;
    *at = mnt->hash_next;
  } else {
    mnt->parent->over = NULL;
  }
  uk_inode_put(mnt->dir);
  uk_inode_put(mnt->at);
  free(mnt->name);
  mnt->name = NULL;
  mnt->dir = mnt->at = NULL;
  mnt->parent = mnt->sibling = mnt->hash_next = NULL;
}

int uk_mount_attach(struct uk_mount *tree, struct uk_mount *mnt,
                    struct uk_inode *dir, const char *name,
                    struct uk_inode *at) {
  struct uk_mntns *ns = mnt->ns;
  unsigned int more = 0;
  for (struct uk_mount *m = tree; m; m = uk_mount_next(m, tree))
    more += m->ns == NULL;
  if (ns && ns->count + more > UK_MOUNTS_MAX)
    return -ENOSPC;
  int err = hang(tree, mnt, dir, name, at);
  if (err || !ns)
    return err;
  for (struct uk_mount *m = tree; m; m = uk_mount_next(m, tree))
    m->ns = ns;
  ns->count += more;
  return 0;
}

void uk_umount_tree(struct uk_mount *top) {
  struct uk_mount *gone = NULL, **end = &gone;
  for (struct uk_mount *m = top; m; m = uk_mount_next(m, top)) {
    m->copy = NULL;
    *end = m;
    end = &m->copy;
  }
  /* All leave the tree before the first is freed. */
  for (struct uk_mount *m = gone; m; m = m->copy) {
    uk_mount_unhang(m);
    if (m->ns)
      m->ns->count--;
    m->ns = NULL;
  }
  while (gone) {
    struct uk_mount *m = gone;
    gone = m->copy;
    m->copy = NULL;
    uk_mount_put(m);
  }
}

int uk_mount_move(struct uk_mount *mnt, struct uk_mount *to,
                  struct uk_inode *dir, const char *name, struct uk_inode *at) {
  char *copy = strdup(name ? name : "");
  if (!copy)
    return -ENOMEM;
  uk_inode_get(at);
  if (dir)
    uk_inode_get(dir);
  uk_mount_unhang(mnt);
  hang_named(mnt, to, dir, copy, at);
  uk_inode_put(dir);
  uk_inode_put(at);
  return 0;
}

int uk_mount_swap(struct uk_mount *root, struct uk_mount *mnt,
                  struct uk_mount *to, struct uk_inode *dir, const char *name,
                  struct uk_inode *at) {
  const struct uk_mount where = *root; /* its strings and references, too */
  struct uk_inode *old_dir = where.dir ? uk_inode_get(where.dir) : NULL;
  struct uk_inode *old_at = where.at ? uk_inode_get(where.at) : NULL;
  char *old_name = strdup(where.name ? where.name : "");
  char *new_name = strdup(name ? name : "");
  if (old_name && new_name) {
    uk_mount_unhang(mnt);
    uk_mount_unhang(root);
    hang_named(mnt, where.parent, old_dir, old_name, old_at);
    hang_named(root, to, dir, new_name, at);
  } else {
    free(old_name);
    free(new_name);
  }
  uk_inode_put(old_dir);
  uk_inode_put(old_at);
  return old_name && new_name ? 0 : -ENOMEM;
}

/* ---- Copies -------------------------------------------------------------- */

/* Does @m, which hangs in @old, lie at or below @root? */
static bool covers_part(const struct uk_mount *m, const struct uk_mount *old,
                        const struct uk_inode *root) {
  if (m->parent != old || uk_inode_same(root, old->root))
    return true;
  return m->dir && (uk_inode_same(m->at, root) || uk_dir_below(m->dir, root));
}

static int copy_one(struct uk_mount *m, struct uk_mount *old,
                    struct uk_inode *root) {
  m->copy = uk_mount_new(m == old ? root : m->root, m->flags, m->source);
  if (!m->copy)
    return -ENOMEM;
  m->copy->unbindable = m->unbindable;
  if (m->root_name && !(m->copy->root_name = strdup(m->root_name))) {
    uk_mount_put(m->copy);
    return -ENOMEM;
  }
  if (m == old)
    return 0;
  struct uk_inode *dir = m->dir;
  if (m->parent == old && m->at && uk_inode_same(m->at, root))
    dir = NULL; /* on the copy's root */
  int err = hang(m->copy, m->parent->copy, dir, m->name, m->at);
  if (err)
    uk_mount_put(m->copy);
  return err;
}

int uk_mount_copy(struct uk_mount *old, struct uk_inode *root,
                  unsigned int flags, struct uk_mount **out) {
  struct uk_mount *m = old, *top = NULL;
  while (m) {
    bool skip = m != old && (!covers_part(m, old, root) || uk_ns_mnt(m->root) ||
                             (m->unbindable && !(flags & UK_COPY_UNBINDABLE)));
    if (skip) {
      m = uk_mount_skip(m, old);
      continue;
    }
    int err = copy_one(m, old, root);
    if (!top)
      top = m->copy;
    if (err) {
      if (top && m != old)
        uk_umount_tree(top);
      return err;
    }
    m = flags & UK_COPY_BELOW ? uk_mount_next(m, old) : NULL;
  }
  *out = top;
  return 0;
}
