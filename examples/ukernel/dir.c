/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * dir.c - open directories: getdents, for all file systems
 *
 * A directory is listed once, at the first getdents and again after a rewind;
 * what happens to it meanwhile is not seen, which POSIX allows. The position
 * is the cookie of the last entry read: stable, whatever is removed.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Lists --------------------------------------------------------------- */

int uk_dirlist_add(struct uk_dirlist *list, const char *name, uint64_t ino,
                   mode_t mode, uint64_t cookie) {
  if (list->count == list->room) {
    size_t room = list->room ? 2 * list->room : 32;
    struct uk_dirent *entry = realloc(list->entry, room * sizeof(*entry));
    if (!entry)
      return -ENOMEM;
    list->entry = entry;
    list->room = room;
  }
  struct uk_dirent *e = &list->entry[list->count];
  size_t bytes = 2 * sizeof(*e) + strlen(name);
  if (uk_charge(bytes))
    return -ENOMEM;
  list->charged += bytes;
  e->name = strdup(name);
  if (!e->name)
    return -ENOMEM;
  e->ino = ino;
  e->type = IFTODT(mode);
  e->cookie = cookie            ? cookie
              : list->count > 0 ? list->entry[list->count - 1].cookie + 1
                                : 1;
  list->count++;
  return 0;
}

void uk_dirlist_free(struct uk_dirlist *list) {
  for (size_t i = 0; i < list->count; i++)
    free(list->entry[i].name);
  free(list->entry);
  uk_uncharge(list->charged);
  memset(list, 0, sizeof(*list));
}

/* Cookies 1 and 2 are "." and "..": entries start above. */
#define FIRST_COOKIE 3u

/* What the kernel has mounted there without an entry underneath. */
static int list_mounts(struct uk_mount *mnt, struct uk_inode *dir,
                       struct uk_dirlist *list) {
  int err = 0;
  for (struct uk_mount *m = mnt ? mnt->child : NULL; m && !err;
       m = m->sibling) {
    if (m->at || !m->dir || !uk_inode_same(m->dir, dir))
      continue;
    size_t i = 0;
    while (i < list->count && strcmp(list->entry[i].name, m->name) != 0)
      i++;
    if (i == list->count)
      err = uk_dirlist_add(list, m->name, m->root->ino, m->root->mode, 0);
  }
  return err;
}

static int list_dir(struct uk_mount *mnt, struct uk_inode *dir,
                    struct uk_dirlist *list) {
  struct uk_inode *up = dir->parent ? dir->parent : dir;
  int err = uk_dirlist_add(list, ".", dir->ino, S_IFDIR, 1);
  if (!err)
    err = uk_dirlist_add(list, "..", up->ino, S_IFDIR, FIRST_COOKIE - 1);
  if (!err && dir->ops->list)
    err = dir->ops->list(dir, list);
  return err ? err : list_mounts(mnt, dir, list);
}

/* ---- Open directories ---------------------------------------------------- */

struct open_dir {
  struct uk_dirlist list;
  bool listed;
};

static ssize_t dir_read(struct uk_file *file, void *buf, size_t n,
                        int64_t *pos) {
  (void)file, (void)buf, (void)n, (void)pos;
  return -EISDIR;
}

static int64_t dir_lseek(struct uk_file *file, int64_t offset, int whence) {
  struct open_dir *open_dir = file->priv;
  if (whence == SEEK_CUR)
    offset += file->pos;
  else if (whence != SEEK_SET)
    return -EINVAL;
  if (offset < 0)
    return -EINVAL;
  if (offset == 0 && open_dir->listed) {
    uk_dirlist_free(&open_dir->list);
    open_dir->listed = false;
  }
  file->pos = offset;
  return offset;
}

static size_t record_size(const char *name) {
  return (offsetof(struct dirent64, d_name) + strlen(name) + 1 + 7) &
         ~(size_t)7;
}

static ssize_t dir_getdents(struct uk_file *file, void *buf, size_t n) {
  struct open_dir *open_dir = file->priv;
  struct uk_dirlist *list = &open_dir->list;
  size_t done = 0;
  if (file->inode->nlink == 0)
    return -ENOENT; /* removed meanwhile */
  if (!open_dir->listed) {
    int err = list_dir(file->mnt, file->inode, list);
    if (err) {
      uk_dirlist_free(list);
      return err;
    }
    open_dir->listed = true;
  }
  size_t i = 0;
  while (i < list->count && list->entry[i].cookie <= (uint64_t)file->pos)
    i++;
  for (; i < list->count; i++) {
    const struct uk_dirent *e = &list->entry[i];
    size_t size = record_size(e->name);
    if (size > n - done)
      return done ? (ssize_t)done : -EINVAL;
    struct dirent64 *record = (struct dirent64 *)((char *)buf + done);
    memset(record, 0, size);
    record->d_ino = e->ino;
    record->d_off = (int64_t)e->cookie;
    record->d_reclen = (unsigned short)size;
    record->d_type = e->type;
    memcpy(record->d_name, e->name, strlen(e->name));
    file->pos = (int64_t)e->cookie;
    done += size;
  }
  return (ssize_t)done;
}

static void dir_release(struct uk_file *file) {
  struct open_dir *open_dir = file->priv;
  uk_dirlist_free(&open_dir->list);
  free(open_dir);
}

static const struct uk_file_ops dir_ops = {
    .read = dir_read,
    .lseek = dir_lseek,
    .getdents = dir_getdents,
    .release = dir_release,
};

int uk_dir_open(struct uk_inode *dir, int flags, struct uk_file **out) {
  struct open_dir *open_dir = calloc(1, sizeof(*open_dir));
  if (!open_dir)
    return -ENOMEM;
  *out = uk_file_new(&dir_ops, flags, open_dir);
  if (!*out) {
    free(open_dir);
    return -ENOMEM;
  }
  (*out)->inode = uk_inode_get(dir);
  return 0;
}

/* ---- System calls -------------------------------------------------------- */

/* The old layout: the type moves behind the name. */
static void to_old_layout(char *buf, size_t n) {
  for (size_t at = 0; at < n;) {
    struct dirent64 *record = (struct dirent64 *)(buf + at);
    char *bytes = buf + at;
    char type = (char)record->d_type;
    size_t name = offsetof(struct dirent64, d_name);
    size_t len = strlen(record->d_name) + 1;
    at += record->d_reclen;
    memmove(bytes + name - 1, bytes + name, len);
    /* d_type is the record's last byte; records are padded to 8 and the name
     * moved down by one, so there is room. */
    memset(bytes + name - 1 + len, 0, record->d_reclen - (name - 1 + len));
    bytes[record->d_reclen - 1] = type;
  }
}

static int64_t getdents(const uint64_t arg[6], bool old) {
  struct uk_file *file = uk_fd_get((int)arg[0]);
  size_t n = (uint32_t)arg[2];
  if (!file)
    return -EBADF;
  if (n > UK_BOUNCE)
    n = UK_BOUNCE;
  int64_t result = -ENOTDIR;
  if (file->ops->getdents) {
    int64_t pos = file->pos;
    char *buf = malloc(n ? n : 1);
    result = buf ? file->ops->getdents(file, buf, n) : -ENOMEM;
    if (result > 0) {
      if (old)
        to_old_layout(buf, (size_t)result);
      if (copy_to_guest(arg[1], buf, (size_t)result)) {
        file->pos = pos;
        result = -EFAULT;
      }
    }
    free(buf);
  }
  uk_file_put(file);
  return result;
}

static int64_t sys_getdents(const uint64_t arg[6]) {
  return getdents(arg, true);
}

static int64_t sys_getdents64(const uint64_t arg[6]) {
  return getdents(arg, false);
}

static int64_t sys_getcwd(const uint64_t arg[6]) {
  static const char unreachable[] = "(unreachable)";
  char path[UK_PATH_MAX + sizeof(unreachable)];
  const size_t skip = sizeof(unreachable) - 1;
  struct uk_where *where = uk_where();
  bool outside;
  if (where->cwd.inode->nlink == 0)
    return -ENOENT;
  ssize_t len = uk_path_text(&where->cwd, &where->root, path + skip,
                             UK_PATH_MAX, &outside);
  if (len == -ERANGE)
    return -ENAMETOOLONG;
  if (len < 0)
    return len;
  const char *text = outside ? path : path + skip;
  if (outside) {
    memcpy(path, unreachable, skip);
    len += (ssize_t)skip;
  }
  if ((uint64_t)len > arg[1])
    return -ERANGE;
  int err = copy_to_guest(arg[0], text, (size_t)len);
  return err ? err : len;
}

static int change_dir(struct uk_path *where, struct uk_mount *mnt,
                      struct uk_inode *inode) {
  const struct uk_path to = {mnt, inode};
  if (!inode || !S_ISDIR(inode->mode))
    return -ENOTDIR;
  uk_path_set(where, &to);
  return 0;
}

static int change_walk(int err, struct uk_walk *walk, struct uk_path *where) {
  if (err)
    return err;
  err = change_dir(where, walk->mnt, walk->inode);
  uk_walk_end(walk);
  return err;
}

int uk_chdir(const char *path) {
  struct uk_walk walk;
  int err = uk_walk(AT_FDCWD, path, UK_WALK_FOLLOW, &walk);
  return change_walk(err, &walk, &uk_where()->cwd);
}

static int64_t sys_chdir(const uint64_t arg[6]) {
  struct uk_walk walk;
  int err = uk_walk_guest(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &walk);
  return change_walk(err, &walk, &uk_where()->cwd);
}

static int64_t sys_chroot(const uint64_t arg[6]) {
  struct uk_walk walk;
  int err = uk_walk_guest(AT_FDCWD, arg[0], UK_WALK_FOLLOW, &walk);
  if (err)
    return err;
  if (!walk.inode || !S_ISDIR(walk.inode->mode))
    err = -ENOTDIR;
  else if (!uk_capable(CAP_SYS_CHROOT))
    err = -EPERM;
  else
    err = change_dir(&uk_where()->root, walk.mnt, walk.inode);
  uk_walk_end(&walk);
  return err;
}

static int64_t sys_fchdir(const uint64_t arg[6]) {
  struct uk_file *file = uk_fd_file((int)arg[0]);
  return file ? change_dir(&uk_where()->cwd, file->mnt, file->inode) : -EBADF;
}

const struct uk_syscall_row uk_syscalls_dir[] = {
    {78, {"getdents", sys_getdents}},
    {79, {"getcwd", sys_getcwd}},
    {80, {"chdir", sys_chdir}},
    {81, {"fchdir", sys_fchdir}},
    {161, {"chroot", sys_chroot}},
    {217, {"getdents64", sys_getdents64}},
    {0, {NULL, NULL}},
};
