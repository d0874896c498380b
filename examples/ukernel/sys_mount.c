/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * sys_mount.c - mount: new file systems, binds, moves, other flags
 *
 * Errors come in Linux's order. All propagation is private: the calls that ask
 * for another kind are checked and change nothing, but MS_UNBINDABLE.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#define MS_NOUSER_BIT (1ul << 31)
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define ATIME                                                                  \
  (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | (unsigned long)MS_STRICTATIME)
#define KEPT                                                                   \
  (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | \
   MS_RELATIME | MS_NOSYMFOLLOW)

/* What a mount call was given. */
struct request {
  char source[UK_PATH_MAX], type[UK_PATH_MAX], options[UK_PAGE];
  bool has_source, has_type;
  unsigned long flags;
};

/* ---- Mountpoints --------------------------------------------------------- */

static bool is_ours(const struct uk_mount *mnt) {
  return mnt && mnt->ns && mnt->ns == uk_where()->ns;
}

bool uk_walk_is_root(const struct uk_walk *walk) {
  return walk->mnt && uk_inode_same(walk->inode, walk->mnt->root);
}

/* Where something is to be mounted; borrowed from @walk. */
struct place {
  struct uk_mount *mnt;
  struct uk_inode *dir, *at;
  const char *name;
};

static int place_of(const struct uk_walk *walk, struct place *place) {
  struct uk_inode *inode = walk->inode;
  if (!inode || !is_ours(walk->mnt))
    return -EINVAL;
  *place = (struct place){walk->mnt, NULL, inode, NULL};
  if (uk_walk_is_root(walk))
    return 0;
  if (S_ISDIR(inode->mode)) {
    if (inode->nlink == 0)
      return -ENOENT;
    place->dir = inode->parent;
    place->name = inode->name;
  } else if (walk->dir && walk->dir_mnt == walk->mnt) {
    place->dir = walk->dir;
    place->name = walk->name;
  }
  return place->dir ? 0 : -EINVAL; /* a file behind a link in /proc */
}

/* Takes over @tree, if that is possible. */
static int graft(struct uk_mount *tree, const struct uk_walk *walk) {
  struct place place;
  int err = place_of(walk, &place);
  if (!err && S_ISDIR(place.at->mode) != S_ISDIR(tree->root->mode))
    err = -ENOTDIR;
  if (!err)
    err = uk_mount_attach(tree, place.mnt, place.dir, place.name, place.at);
  if (err)
    uk_umount_tree(tree);
  return err;
}

/* ---- New mounts ---------------------------------------------------------- */

static int new_mount(struct request *r, const struct uk_walk *walk) {
  unsigned long flags = r->flags;
  struct uk_inode *root;
  if (!r->has_type)
    return -EINVAL;
  int err = uk_fs_mount(r->type, r->options, &flags, &root);
  if (err)
    return err;
  if (walk->inode && is_ours(walk->mnt) && uk_walk_is_root(walk) &&
      walk->mnt->root->fs == root->fs) {
    uk_inode_put(root);
    return -EBUSY; /* the same again */
  }
  struct uk_mount *mnt =
      uk_mount_new(root, flags & KEPT, r->has_source ? r->source : "none");
  if (!mnt)
    uk_fs_unused(root);
  uk_inode_put(root);
  return mnt ? graft(mnt, walk) : -ENOMEM;
}

static int walk_source(const struct request *r, struct uk_walk *from) {
  if (!r->has_source || !*r->source)
    return -EINVAL;
  return uk_walk(AT_FDCWD, r->source, UK_WALK_FOLLOW, from);
}

/* A file of a namespace in one that it may keep alive would never go. */
static bool is_loop(const struct uk_inode *inode) {
  const struct uk_mntns *ns = uk_ns_mnt(inode);
  return ns && uk_where()->ns->seq >= ns->seq;
}

static int copy_source(const struct uk_walk *from, unsigned int flags,
                       struct uk_mount **out) {
  if (!from->inode)
    return -EINVAL;
  if (!from->mnt) { /* no mount shows it: only namespaces can be bound */
    if (!uk_ns_is(from->inode) || is_loop(from->inode))
      return -EINVAL;
    *out = uk_mount_new(from->inode, MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsfs");
    return *out ? 0 : -ENOMEM;
  }
  if (is_loop(from->inode) || from->mnt->unbindable ||
      (!is_ours(from->mnt) && !uk_ns_is(from->inode)))
    return -EINVAL;
  return uk_mount_copy(from->mnt, from->inode, flags, out);
}

static int bind(const struct request *r, const struct uk_walk *walk) {
  struct uk_walk from;
  struct uk_mount *tree;
  int err = walk_source(r, &from);
  if (err)
    return err;
  err = is_ours(walk->mnt)
            ? copy_source(&from, r->flags & MS_REC ? UK_COPY_BELOW : 0u, &tree)
            : -EINVAL;
  if (!err)
    err = uk_mount_name_root(tree, &from);
  if (!err)
    err = graft(tree, walk);
  uk_walk_end(&from);
  return err;
}

/* ---- Changes ------------------------------------------------------------- */

static int change_mount(const struct request *r, const struct uk_walk *walk) {
  struct uk_mount *mnt = walk->mnt;
  if (!is_ours(mnt) || !uk_walk_is_root(walk))
    return -EINVAL;
  if ((r->flags & ~mnt->flags & MS_RDONLY) && mnt->writers)
    return -EBUSY;
  mnt->flags = r->flags & KEPT;
  return 0;
}

static int remount(struct request *r, const struct uk_walk *walk) {
  if (!is_ours(walk->mnt) || !uk_walk_is_root(walk))
    return -EINVAL;
  int err = uk_fs_remount(walk->mnt->root, r->options, r->flags & MS_RDONLY);
  if (!err)
    walk->mnt->flags = r->flags & KEPT;
  return err;
}

static int change_propagation(unsigned long flags, const struct uk_walk *walk) {
  const unsigned long type = flags & ~(unsigned long)(MS_REC | MS_SILENT);
  if (!uk_walk_is_root(walk) || (type & ~(unsigned long)PROPAGATION) ||
      (type & (type - 1)) || !is_ours(walk->mnt))
    return -EINVAL;
  for (struct uk_mount *m = walk->mnt; m;
       m = flags & MS_REC ? uk_mount_next(m, walk->mnt) : NULL)
    m->unbindable = type == MS_UNBINDABLE;
  return 0;
}

static int check_move(const struct uk_walk *from, const struct uk_walk *to) {
  struct uk_mount *mnt = from->mnt;
  if (!is_ours(to->mnt) || !is_ours(mnt) || !from->inode || !to->inode ||
      !uk_walk_is_root(from) || !mnt->parent)
    return -EINVAL;
  if (S_ISDIR(to->inode->mode) != S_ISDIR(from->inode->mode))
    return -EINVAL;
  for (const struct uk_mount *m = to->mnt; m; m = m->parent)
    if (m == mnt)
      return -ELOOP;
  return 0;
}

static int move(const struct request *r, const struct uk_walk *to) {
  struct uk_walk from;
  struct place place;
  int err = walk_source(r, &from);
  if (err)
    return err;
  err = check_move(&from, to);
  if (!err)
    err = place_of(to, &place);
  if (!err)
    err = uk_mount_move(from.mnt, place.mnt, place.dir, place.name, place.at);
  uk_walk_end(&from);
  return err;
}

/* ---- The call ------------------------------------------------------------ */

/* Linux's strndup_user(): too long is -EINVAL. */
static int get_string(char *to, uint64_t addr, bool *has) {
  *has = addr != 0;
  *to = '\0';
  int err = addr ? copy_string_from_guest(to, addr, UK_PATH_MAX) : 0;
  return err == -ENAMETOOLONG ? -EINVAL : err < 0 ? err : 0;
}

/* A page, or what there is of it. */
static int get_options(char *to, uint64_t addr) {
  memset(to, 0, UK_PAGE);
  if (!addr)
    return 0;
  size_t first = UK_PAGE - addr % UK_PAGE;
  if (copy_from_guest(to, addr, first))
    return -EFAULT;
  if (first < UK_PAGE &&
      copy_from_guest(to + first, addr + first, UK_PAGE - first))
    memset(to + first, 0, UK_PAGE - first);
  to[UK_PAGE - 1] = '\0';
  return 0;
}

static int do_mount(struct request *r, struct uk_walk *walk) {
  unsigned long flags = r->flags;
  if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
    flags &= ~(unsigned long)MS_MGC_MSK;
  if (flags & MS_NOUSER_BIT)
    return -EINVAL;
  if (!uk_capable(CAP_SYS_ADMIN))
    return -EPERM;
  r->flags = flags;
  if ((flags & MS_REMOUNT) && !(flags & ATIME) && walk->mnt)
    r->flags |= walk->mnt->flags & ATIME; /* as it was */
  else if (!(flags & MS_NOATIME))
    r->flags |= MS_RELATIME;
  if (flags & MS_STRICTATIME)
    r->flags &= ~(unsigned long)(MS_RELATIME | MS_NOATIME);
  if ((flags & (MS_REMOUNT | MS_BIND)) == (MS_REMOUNT | MS_BIND))
    return change_mount(r, walk);
  if (flags & MS_REMOUNT)
    return remount(r, walk);
  if (flags & MS_BIND)
    return bind(r, walk);
  if (flags & PROPAGATION)
    return change_propagation(flags, walk);
  if (flags & MS_MOVE)
    return move(r, walk);
  return new_mount(r, walk);
}

static int64_t sys_mount(const uint64_t arg[6]) {
  struct uk_walk walk;
  struct request *r = malloc(sizeof(*r));
  if (!r)
    return -ENOMEM;
  r->flags = (unsigned long)arg[3];
  int err = get_string(r->type, arg[2], &r->has_type);
  if (!err)
    err = get_string(r->source, arg[0], &r->has_source);
  if (!err)
    err = get_options(r->options, arg[4]);
  if (!err)
    err = uk_walk_guest(AT_FDCWD, arg[1], UK_WALK_FOLLOW, &walk);
  if (!err) {
    err = do_mount(r, &walk);
    uk_walk_end(&walk);
  }
  free(r);
  return err;
}

const struct uk_syscall_row uk_syscalls_mount[] = {
    {165, {"mount", sys_mount}},
    {0, {NULL, NULL}},
};
