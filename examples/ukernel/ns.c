/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ns.c - namespaces as files: what /proc/PID/ns leads to, and setns
 *
 * There is one namespace of each type, but of mounts. Who joins its own changes
 * nothing, as on Linux, but needs the capability for it.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order and with the numbers of Linux's first ones. */
enum { USER = 5 };
struct ns {
  const struct type *type;
  struct uk_mntns *mnt; /* a reference, or NULL */
};
static const struct type {
  const char *name, *text;
  int flag; /* CLONE_NEW... */
  ino_t ino;
} types[] = {
    {"net", "net", CLONE_NEWNET, 0xf0000000u},
    {"uts", "uts", CLONE_NEWUTS, 0xeffffffeu},
    {"ipc", "ipc", CLONE_NEWIPC, 0xefffffffu},
    {"pid", "pid", CLONE_NEWPID, 0xeffffffcu},
    {"pid_for_children", "pid", CLONE_NEWPID, 0xeffffffcu},
    {"user", "user", CLONE_NEWUSER, 0xeffffffdu},
    {"mnt", "mnt", CLONE_NEWNS, 0xf0000001u},
    {"cgroup", "cgroup", CLONE_NEWCGROUP, 0xeffffffbu},
    {"time", "time", CLONE_NEWTIME, 0xeffffffau},
    {"time_for_children", "time", CLONE_NEWTIME, 0xeffffffau},
    {NULL, NULL, 0, 0},
};

const char *uk_ns_name(int i) { return types[i].name; }

static int format(const struct type *type, ino_t ino, char *buf, size_t n) {
  return snprintf(buf, n, "%s:[%lu]", type->text, (unsigned long)ino);
}

static ino_t ino_of(int i, const struct uk_where *where) {
  return types[i].flag == CLONE_NEWNS ? where->ns->ino : types[i].ino;
}

ssize_t uk_ns_text(int i, struct uk_where *where, char *buf, size_t n) {
  char text[64];
  size_t len = (size_t)format(&types[i], ino_of(i, where), text, sizeof(text));
  if (len > n)
    len = n;
  memcpy(buf, text, len);
  return (ssize_t)len;
}

static const struct ns *ns_of(const struct uk_inode *inode) {
  return inode->priv;
}

/* A new descriptor of the namespace that owns this one. */
static int64_t open_owner(void) {
  struct uk_inode *inode;
  struct uk_file *file = NULL;
  int err = uk_ns_inode(USER, uk_where(), &inode);
  if (err)
    return err;
  err = uk_open_inode(NULL, inode, O_RDONLY, &file);
  uk_inode_put(inode);
  return err ? err : uk_fd_install(file, 0, true);
}

static int64_t ns_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  const struct type *type = ns_of(file->inode)->type;
  const bool nested = type->flag & (CLONE_NEWPID | CLONE_NEWUSER);
  const uint32_t owner = 0;
  switch ((unsigned int)cmd) {
  case NS_GET_USERNS: /* of the first: outside of what one may see */
    return type->flag == CLONE_NEWUSER ? -EPERM : open_owner();
  case NS_GET_PARENT:
    return nested ? -EPERM : -EINVAL;
  case NS_GET_NSTYPE:
    return type->flag;
  case NS_GET_OWNER_UID:
    return type->flag == CLONE_NEWUSER
               ? copy_to_guest(arg, &owner, sizeof(owner))
               : -EINVAL;
  default:
    return -ENOTTY;
  }
}

static const struct uk_file_ops ns_file_ops = {.ioctl = ns_ioctl};

static int ns_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  char text[64];
  *out = uk_file_new(&ns_file_ops, flags, NULL);
  if (!*out)
    return -ENOMEM;
  format(ns_of(inode)->type, inode->ino, text, sizeof(text));
  uk_file_set_path(*out, "%s", text);
  return 0;
}

static void ns_release(struct uk_inode *inode) {
  struct ns *ns = inode->priv;
  uk_mntns_put(ns->mnt);
  free(ns);
}

static const struct uk_inode_ops ns_ops = {.open = ns_open,
                                           .release = ns_release};

bool uk_ns_is(const struct uk_inode *inode) { return inode->ops == &ns_ops; }

void uk_ns_name_of(const struct uk_inode *inode, char *buf, size_t n) {
  format(ns_of(inode)->type, inode->ino, buf, n);
}

struct uk_mntns *uk_ns_mnt(const struct uk_inode *inode) {
  return uk_ns_is(inode) ? ns_of(inode)->mnt : NULL;
}

int uk_ns_inode(int i, struct uk_where *where, struct uk_inode **out) {
  static struct uk_fs nsfs = {
      .type = "nsfs", .magic = NSFS_MAGIC, .fixed = true};
  if (!nsfs.dev)
    nsfs.dev = uk_new_dev();
  struct ns *ns = calloc(1, sizeof(*ns));
  *out = ns ? uk_inode_new(&ns_ops, &nsfs, ino_of(i, where), S_IFREG | 0444)
            : NULL;
  if (!*out) {
    free(ns);
    return -ENOMEM;
  }
  ns->type = &types[i];
  if (types[i].flag == CLONE_NEWNS)
    ns->mnt = uk_mntns_get(where->ns);
  (*out)->priv = ns;
  return 0;
}

static int64_t sys_setns(const uint64_t arg[6]) {
  const struct uk_file *file = uk_fd_file((int)arg[0]);
  struct uk_proc_info info;
  if (!file || (file->flags & UK_O_PATH))
    return -EBADF;
  if (file->ops != &ns_file_ops)
    return -EINVAL;
  const struct type *type = ns_of(file->inode)->type;
  if ((int)arg[1] && (int)arg[1] != type->flag)
    return -EINVAL;
  uk_proc_info(uk_task_proc(uk_current()), &info);
  if (type->flag == CLONE_NEWUSER) /* its own one */
    return -EINVAL;
  if (type->flag == CLONE_NEWTIME && info.threads > 1)
    return -EUSERS;
  if (!uk_capable(CAP_SYS_ADMIN))
    return -EPERM;
  if (type->flag != CLONE_NEWNS)
    return 0;
  if (!uk_capable(CAP_SYS_CHROOT))
    return -EPERM;
  if (uk_where_shared(uk_where()) > 1) /* others have the same root */
    return -EINVAL;
  uk_mntns_join(uk_where(), ns_of(file->inode)->mnt);
  return 0;
}

/* ---- unshare ------------------------------------------------------------- */

#define UNSHARE                                                                \
  (CLONE_THREAD | CLONE_FS | CLONE_NEWNS | CLONE_SIGHAND | CLONE_VM |          \
   CLONE_FILES | CLONE_SYSVSEM | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |  \
   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWTIME)
#define NAMESPACES                                                             \
  (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID |   \
   CLONE_NEWCGROUP | CLONE_NEWTIME)

int uk_ns_may_split(uint64_t flags) {
  if (flags & CLONE_NEWUSER)
    return -EINVAL; /* as of a kernel without them, here and below */
  if ((flags & NAMESPACES) && !uk_capable(CAP_SYS_ADMIN))
    return -EPERM;
  return flags & NAMESPACES & ~(uint64_t)CLONE_NEWNS ? -EINVAL : 0;
}

/* Threads of a process have the same descriptors: that cannot be ended. */
static int64_t sys_unshare(const uint64_t arg[6]) {
  const uint64_t flags = arg[0];
  struct uk_proc_info info;
  if (flags & ~(uint64_t)UNSHARE)
    return -EINVAL;
  uk_proc_info(uk_task_proc(uk_current()), &info);
  if (info.threads > 1 &&
      (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FILES)))
    return -EINVAL;
  int err = uk_ns_may_split(flags);
  if (err || !(flags & (CLONE_NEWNS | CLONE_FS)))
    return err;
  struct uk_where *where = uk_where_copy(uk_where());
  if (!where)
    return -ENOMEM;
  err = flags & CLONE_NEWNS ? uk_mntns_unshare(where) : 0;
  if (err)
    uk_where_put(where);
  else
    uk_set_where(where);
  return err;
}

const struct uk_syscall_row uk_syscalls_ns[] = {
    {272, {"unshare", sys_unshare}},
    {308, {"setns", sys_setns}},
    {0, {NULL, NULL}},
};
