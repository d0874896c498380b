/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mount.h - places in the tree: mounts, paths through them, their namespaces
 *
 * A place is a mount and an inode. A mount hangs in a tree of mounts, which
 * belongs to a namespace, or is nowhere, after a lazy umount: then it lives as
 * long as somebody is in it. Mountpoints are names in directories, or the roots
 * of other mounts; those that the kernel makes at its start over a read-only
 * tree need nothing underneath.
 */
#ifndef UKERNEL_MOUNT_H
#define UKERNEL_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct uk_inode;
struct uk_mntns;
struct uk_where;

#define UK_MOUNTS_MAX 4096 /* of a namespace: ENOSPC */

struct uk_path {
  struct uk_mount *mnt; /* NULL: what no mount shows, as namespaces */
  struct uk_inode *inode;
};

struct uk_mount {
  int refs;            /* its tree's; of each path and open file */
  unsigned long flags; /* MS_RDONLY, MS_NOSUID... */
  struct uk_inode *root;
  char *source, *root_name; /* of a root that is no directory, or NULL */
  size_t charged;
  int id;
  unsigned int writers; /* regular files that are open for writing */
  bool expiring, unbindable;
  struct uk_mntns *ns; /* NULL: not in a tree, or not yet */
  struct uk_mount *parent, *child, *sibling;
  struct uk_mount *over; /* the child on our root */
  struct uk_inode *dir;  /* where in @parent: NULL on its root */
  char *name;
  struct uk_inode *at; /* what it covers, or NULL */
  struct uk_mount *hash_next;
  struct uk_mount *copy; /* while a tree is copied or taken down */
};

struct uk_mntns {
  int refs;
  uint64_t seq; /* later ones have larger numbers */
  ino_t ino;
  unsigned int count;
  struct uk_mount *root; /* with nothing in it; what guests see lies over it */
  struct uk_mntns *next_dead;
};

/* ---- Mounts (mount.c) ------------------------------------------------- */

/* Charged; the caller has the tree's reference. NULL: no memory. */
struct uk_mount *uk_mount_new(struct uk_inode *root, unsigned long flags,
                              const char *source);
struct uk_mount *uk_mount_get(struct uk_mount *mnt);
void uk_mount_put(struct uk_mount *mnt);
/* Who only looked at it does not end its expiry. */
void uk_mount_put_unused(struct uk_mount *mnt);

/* What covers @name of @dir in @mnt, or the root of @mnt if @dir is NULL. */
struct uk_mount *uk_mount_find(const struct uk_mount *mnt,
                               const struct uk_inode *dir, const char *name);
/* Hangs a tree, which is nowhere, below @mnt; -ENOMEM, -ENOSPC. */
int uk_mount_attach(struct uk_mount *tree, struct uk_mount *mnt,
                    struct uk_inode *dir, const char *name,
                    struct uk_inode *at);
/* To another place. */
int uk_mount_move(struct uk_mount *mnt, struct uk_mount *to,
                  struct uk_inode *dir, const char *name, struct uk_inode *at);
/* pivot_root: @mnt to where @root is, @root to the other place. */
int uk_mount_swap(struct uk_mount *root, struct uk_mount *mnt,
                  struct uk_mount *to, struct uk_inode *dir, const char *name,
                  struct uk_inode *at);
void uk_mount_unhang(struct uk_mount *mnt); /* to be attached elsewhere */
void uk_umount_tree(struct uk_mount *top);  /* all of it is nowhere */
/* All of a tree, one after another; the same without what hangs in @mnt. */
struct uk_mount *uk_mount_next(struct uk_mount *mnt,
                               const struct uk_mount *top);
struct uk_mount *uk_mount_skip(struct uk_mount *mnt,
                               const struct uk_mount *top);
/* Those of all trees that cover @name of @dir. */
struct uk_mount *uk_mount_any(struct uk_mount *after,
                              const struct uk_inode *dir, const char *name);
/* A copy of the part of @old below @root: all of its mounts, or the first. */
enum { UK_COPY_BELOW = 1, UK_COPY_UNBINDABLE = 2 };
int uk_mount_copy(struct uk_mount *old, struct uk_inode *root,
                  unsigned int flags, struct uk_mount **out);

/* ---- Names that are mountpoints (mountpoint.c) ------------------------ */

/* In the current namespace, in whatever mount. */
bool uk_mountpoint(const struct uk_inode *dir, const char *name);
/* The name is gone, or another: so are the mounts of other namespaces. */
void uk_mountpoint_gone(const struct uk_inode *dir, const char *name);
int uk_mountpoint_moved(const struct uk_inode *dir, const char *name,
                        struct uk_inode *to, const char *new_name);
/* Is @dir @top, or below it? */
bool uk_dir_below(const struct uk_inode *dir, const struct uk_inode *top);

/* ---- Paths (mountpath.c) ---------------------------------------------- */

void uk_path_get(const struct uk_path *path);
void uk_path_put(struct uk_path *path);
void uk_path_set(struct uk_path *path, const struct uk_path *to);
bool uk_path_same(const struct uk_path *a, const struct uk_path *b);
/* To the newest mount that covers it; replaces the references. */
void uk_path_enter(struct uk_path *path);
/* The parent, not above @root, not yet entered; -ENOENT: moved away. */
int uk_path_up(struct uk_path *path, const struct uk_path *root);
bool uk_path_reachable(const struct uk_path *path, const struct uk_path *from);
bool uk_path_readonly(const struct uk_mount *mnt, const struct uk_inode *inode);
/**
 * uk_path_text() - the path of a directory, or of a mount's root
 * @root: as seen from there
 * @outside: *@outside is true if @root is not above it; may be NULL
 *
 * Return: the length with the NUL; -ERANGE if @n is too small.
 */
ssize_t uk_path_text(const struct uk_path *path, const struct uk_path *root,
                     char *buf, size_t n, bool *outside);

/* ---- Namespaces (mountns.c) ------------------------------------------- */

extern struct uk_mntns *uk_first_mntns;
struct uk_mntns *uk_mntns_new(struct uk_inode *root); /* NULL: no memory */
struct uk_mntns *uk_mntns_get(struct uk_mntns *ns);
void uk_mntns_put(struct uk_mntns *ns);
/* setns */
void uk_mntns_join(struct uk_where *where, struct uk_mntns *ns);
/* Its root directory, as a process that joins it gets it; references. */
void uk_mntns_top(struct uk_mntns *ns, struct uk_path *out);

/* ---- File systems to mount (fstypes.c) -------------------------------- */

/* A new reference to the root of a file system; *@flags: MS_RDONLY. */
int uk_fs_mount(const char *type, char *options, unsigned long *flags,
                struct uk_inode **out);
int uk_fs_remount(struct uk_inode *root, char *options, bool readonly);
/* The kernel's own: can be mounted again, and never goes away. */
void uk_fs_keep(struct uk_inode *root);
void uk_fs_unused(struct uk_inode *root); /* it could not be mounted */
/* A mount of it came or went: what nobody shows any more goes away. */
void uk_fs_mounted(struct uk_inode *inode);
void uk_fs_unmounted(struct uk_inode *inode);

#endif /* UKERNEL_MOUNT_H */
