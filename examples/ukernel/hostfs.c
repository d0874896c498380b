/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * hostfs.c - a directory of the host, read-only
 *
 * Every change gives EROFS (the callers see uk_fs.readonly). Inodes are made
 * anew at each lookup and compared by the host's device and inode numbers.
 * Devices, pipes and sockets of the host are shown and never opened.
 * Mappings get a copy: the guest must not see SIGBUS when the host truncates.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct uk_inode_ops hostfs_ops;
static struct uk_fs hostfs = {.type = "hostfs", .readonly = true};

static const char *host_path(const struct uk_inode *inode) {
  return inode->priv;
}

/* Takes over @path (malloc). */
static int make_inode(char *path, struct uk_inode **out) {
  struct stat st;
  int err = -ENOMEM;
  *out = NULL;
  if (path && lstat(path, &st) < 0)
    err = -errno;
  else if (path)
    *out = uk_inode_new(&hostfs_ops, &hostfs, st.st_ino, st.st_mode);
  if (!*out) {
    free(path);
    return err;
  }
  (*out)->dev = st.st_dev;
  (*out)->nlink = st.st_nlink;
  (*out)->priv = path;
  return 0;
}

static int host_lookup(struct uk_inode *dir, const char *name,
                       struct uk_inode **out) {
  char *path;
  const char *base = host_path(dir);
  if (asprintf(&path, "%s/%s", strcmp(base, "/") ? base : "", name) < 0)
    return -ENOMEM;
  int err = make_inode(path, out);
  if (!err && S_ISDIR((*out)->mode)) {
    err = uk_inode_place(*out, dir, name);
    if (err)
      uk_inode_put(*out);
  }
  return err;
}

static ssize_t host_readlink(struct uk_inode *inode, char *buf, size_t n) {
  ssize_t len = readlink(host_path(inode), buf, n);
  return len < 0 ? -errno : len;
}

static int host_list(struct uk_inode *dir, struct uk_dirlist *list) {
  DIR *stream = opendir(host_path(dir));
  if (!stream)
    return -errno;
  int err = 0;
  struct dirent *entry;
  while (!err && (entry = readdir(stream)))
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
      err = uk_dirlist_add(list, entry->d_name, entry->d_ino,
                           DTTOIF(entry->d_type), 0);
  closedir(stream);
  return err;
}

static int host_getattr(struct uk_inode *inode, struct stat *st) {
  return lstat(host_path(inode), st) < 0 ? -errno : 0;
}

static int host_statfs(struct uk_inode *inode, struct statfs *st) {
  return statfs(host_path(inode), st) < 0 ? -errno : 0;
}

static void host_release(struct uk_inode *inode) { free(inode->priv); }

/* ---- Open files ---------------------------------------------------------- */

static int host_fd(struct uk_file *file) { return (int)(intptr_t)file->priv; }

static ssize_t host_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  ssize_t got = pread(host_fd(file), buf, n, *pos);
  if (got < 0)
    return -errno;
  *pos += got;
  return got;
}

static int64_t host_lseek(struct uk_file *file, int64_t offset, int whence) {
  if (whence == SEEK_CUR) {
    if (__builtin_add_overflow(file->pos, offset, &offset))
      return -EOVERFLOW;
    whence = SEEK_SET;
  }
  off_t at = lseek(host_fd(file), offset, whence);
  if (at < 0)
    return -errno;
  file->pos = at;
  return at;
}

static int host_mmap(struct uk_file *file, uint64_t bytes, uint64_t offset,
                     struct uk_pages **out, size_t *skip) {
  struct uk_pages *pages;
  if (offset > INT64_MAX || bytes > INT64_MAX || bytes == 0)
    return -EINVAL;
  pages = uk_pages_new(bytes);
  if (!pages)
    return -ENOMEM;
  for (uint64_t done = 0; done < bytes;) {
    size_t part = bytes - done < (1u << 30) ? bytes - done : 1u << 30;
    ssize_t got =
        pread(host_fd(file), pages->base + done, part, (off_t)(offset + done));
    if (got <= 0)
      break; /* the end: zeros */
    done += (uint64_t)got;
  }
  *out = pages;
  *skip = 0;
  return 0;
}

static void host_file_release(struct uk_file *file) { close(host_fd(file)); }

static const struct uk_file_ops host_file_ops = {
    .read = host_read,
    .lseek = host_lseek,
    .mmap = host_mmap,
    .release = host_file_release,
};

static int host_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  if (!S_ISREG(inode->mode))
    return S_ISFIFO(inode->mode) ? -ENXIO : -EACCES;
  /* O_NONBLOCK: in case the host has put something else there meanwhile. */
  int fd =
      open(host_path(inode), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return -errno;
  *out = uk_file_new(&host_file_ops, flags, (void *)(intptr_t)fd);
  if (!*out) {
    close(fd);
    return -ENOMEM;
  }
  return 0;
}

static const struct uk_inode_ops hostfs_ops = {
    .lookup = host_lookup,
    .readlink = host_readlink,
    .open = host_open,
    .list = host_list,
    .getattr = host_getattr,
    .statfs = host_statfs,
    .release = host_release,
};

int uk_hostfs_root(const char *host_dir, struct uk_inode **out) {
  char *path = realpath(host_dir, NULL);
  if (!path)
    return -errno;
  int err = make_inode(path, out);
  if (!err && !S_ISDIR((*out)->mode)) {
    uk_inode_put(*out);
    err = -ENOTDIR;
  }
  return err;
}
