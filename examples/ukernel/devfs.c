/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * devfs.c - /dev: memory devices, the terminal, links to descriptors
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static ssize_t null_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  (void)file, (void)buf, (void)n, (void)pos;
  return 0;
}

static ssize_t null_write(struct uk_file *file, const void *buf, size_t n,
                          int64_t *pos) {
  (void)file, (void)buf, (void)pos;
  return (ssize_t)n;
}

static ssize_t full_write(struct uk_file *file, const void *buf, size_t n,
                          int64_t *pos) {
  (void)file, (void)buf, (void)n, (void)pos;
  return -ENOSPC;
}

static ssize_t zero_read(struct uk_file *file, void *buf, size_t n,
                         int64_t *pos) {
  (void)file, (void)pos;
  memset(buf, 0, n);
  return (ssize_t)n;
}

static ssize_t random_read(struct uk_file *file, void *buf, size_t n,
                           int64_t *pos) {
  (void)file, (void)pos;
  size_t done = 0;
  while (done < n) {
    size_t part = n - done < 256 ? n - done : 256;
    ssize_t got = getrandom((char *)buf + done, part, 0);
    if (got < 0)
      return -errno;
    done += (size_t)got;
  }
  return (ssize_t)n;
}

/* Memory devices can be sought, to no effect. */
static int64_t null_lseek(struct uk_file *file, int64_t offset, int whence) {
  (void)offset, (void)whence;
  return file->pos = 0;
}

static unsigned int random_poll(struct uk_file *file) {
  (void)file;
  return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static int zero_mmap(struct uk_file *file, uint64_t bytes, uint64_t offset,
                     struct uk_pages **out, size_t *skip) {
  (void)file, (void)offset;
  struct uk_pages *pages = uk_pages_new(bytes);
  if (!pages)
    return -ENOMEM;
  *out = pages;
  *skip = 0;
  return 0;
}

static const struct uk_file_ops null_ops = {
    .read = null_read, .write = null_write, .lseek = null_lseek};
static const struct uk_file_ops zero_ops = {.read = zero_read,
                                            .write = null_write,
                                            .lseek = null_lseek,
                                            .mmap = zero_mmap};
static const struct uk_file_ops full_ops = {
    .read = zero_read, .write = full_write, .lseek = null_lseek};
static const struct uk_file_ops random_ops = {.read = random_read,
                                              .write = null_write,
                                              .lseek = null_lseek,
                                              .poll = random_poll};

static int open_tty(int flags, struct uk_file **out) {
  int fd = open("/dev/tty", (flags & O_ACCMODE) | O_CLOEXEC | O_NOCTTY);
  for (int std = 0; fd < 0 && std < 3; std++)
    if (isatty(std)) /* ours, though not our controlling terminal */
      fd = fcntl(std, F_DUPFD_CLOEXEC, 3);
  if (fd < 0)
    return -ENXIO;
  int err = uk_host_file(fd, flags, true, out);
  if (err)
    close(fd);
  return err;
}

int uk_dev_open(dev_t rdev, int flags, struct uk_file **out) {
  const struct uk_file_ops *ops;
  if (rdev == makedev(1, 3))
    ops = &null_ops;
  else if (rdev == makedev(1, 5))
    ops = &zero_ops;
  else if (rdev == makedev(1, 7))
    ops = &full_ops;
  else if (rdev == makedev(1, 8) || rdev == makedev(1, 9))
    ops = &random_ops;
  else if (major(rdev) == 5 && minor(rdev) < 2)
    return open_tty(flags, out);
  else
    return -ENXIO;
  *out = uk_file_new(ops, flags, NULL);
  return *out ? 0 : -ENOMEM;
}

int uk_devfs_fill(struct uk_inode *root) {
  static const struct {
    const char *name;
    mode_t mode;
    unsigned int major, minor;
    const char *target;
  } entry[] = {
      {"null", S_IFCHR | 0666, 1, 3, NULL},
      {"zero", S_IFCHR | 0666, 1, 5, NULL},
      {"full", S_IFCHR | 0666, 1, 7, NULL},
      {"random", S_IFCHR | 0666, 1, 8, NULL},
      {"urandom", S_IFCHR | 0666, 1, 9, NULL},
      {"tty", S_IFCHR | 0666, 5, 0, NULL},
      {"console", S_IFCHR | 0600, 5, 1, NULL},
      {"fd", S_IFLNK | 0777, 0, 0, "/proc/self/fd"},
      {"stdin", S_IFLNK | 0777, 0, 0, "/proc/self/fd/0"},
      {"stdout", S_IFLNK | 0777, 0, 0, "/proc/self/fd/1"},
      {"stderr", S_IFLNK | 0777, 0, 0, "/proc/self/fd/2"},
      {"shm", S_IFDIR | 01777, 0, 0, NULL},
  };
  for (size_t i = 0; i < sizeof(entry) / sizeof(entry[0]); i++) {
    int err = uk_ramfs_add(root, entry[i].name, entry[i].mode,
                           makedev(entry[i].major, entry[i].minor),
                           entry[i].target, NULL);
    if (err)
      return err;
  }
  return 0;
}
