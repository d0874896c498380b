/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov.c - /sys/kernel/debug/kcov: the guest's calls handed on to kcov8
 *
 * Everything that Linux decides in kernel/kcov.c is decided by the runtime;
 * here are only the file, and the pages of the buffers. These are backed by
 * one memory file of the host, each buffer a part of it: a shared mapping that
 * the runtime writes and every guest mapping shows, and private ones for
 * guests that ask for MAP_PRIVATE: the host's copy-on-write is the guest's.
 * Open files and mappings each hold a reference.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct kcov8_device *uk_kcov_device;
enum kcov8_linux_rules uk_kcov_rules;
static size_t n_areas;

/* ---- Buffers ------------------------------------------------------------- */

static int areas_fd = -1;
static off_t areas_end; /* places are not used twice: the file is sparse */

static size_t whole_pages(size_t bytes) {
  return (bytes + UK_PAGE - 1) & ~(size_t)(UK_PAGE - 1);
}

static void *map_area(size_t bytes, int flags, off_t at) {
  void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE,
                    areas_fd, at);
  return base == MAP_FAILED ? NULL : base;
}

static int alloc_area(void *ctx, struct kcov8_area *area) {
  size_t bytes = whole_pages(area->bytes);
  (void)ctx;
  if (areas_fd < 0)
    areas_fd = memfd_create("kcov", MFD_CLOEXEC);
  if (areas_fd < 0 || uk_charge(bytes))
    return -ENOMEM;
  area->base = NULL;
  if (!ftruncate(areas_fd, areas_end + (off_t)bytes))
    area->base = map_area(bytes, MAP_SHARED, areas_end);
  if (!area->base) {
    uk_uncharge(bytes);
    return -ENOMEM;
  }
  area->cookie = (uintptr_t)areas_end;
  areas_end += (off_t)bytes;
  n_areas++;
  return 0;
}

static void free_area(void *ctx, struct kcov8_area *area) {
  size_t bytes = whole_pages(area->bytes);
  (void)ctx;
  munmap(area->base, bytes);
  uk_uncharge(bytes);
  n_areas--;
  if (fallocate(areas_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                (off_t)area->cookie, (off_t)bytes))
    return; /* memory is lost, nothing else: the place is not used again */
}

/* ioctls are called by the task itself: its memory is the current one. */
static int read_guest(void *ctx, struct kcov8_task *task, void *to,
                      uint64_t from, size_t bytes) {
  (void)ctx;
  (void)task;
  return copy_from_guest(to, from, bytes);
}

static int write_guest(void *ctx, struct kcov8_task *task, uint64_t to,
                       const void *from, size_t bytes) {
  (void)ctx;
  (void)task;
  return copy_to_guest(to, from, bytes);
}

/* ---- Open files ---------------------------------------------------------- */

static int64_t kcov_ioctl(struct uk_file *file, uint64_t cmd, uint64_t arg) {
  return kcov8_ioctl(file->priv, uk_task_kcov(uk_current()), cmd, arg);
}

static void shared_free(struct uk_pages *pages) {
  kcov8_file_put(pages->ctx); /* frees the area if it was the last */
  free(pages);
}

static void private_free(struct uk_pages *pages) {
  munmap(pages->base, pages->bytes);
  shared_free(pages);
}

static struct uk_pages *new_pages(struct kcov8_file *kcov, uint64_t bytes,
                                  void *base) {
  struct uk_pages *pages = calloc(1, sizeof(*pages));
  if (!pages)
    return NULL;
  kcov8_file_get(kcov);
  pages->base = base;
  pages->bytes = bytes;
  pages->refs = 1;
  pages->fixed = true;
  pages->free = shared_free;
  pages->ctx = kcov;
  return pages;
}

static int kcov_mmap(struct uk_file *file, uint64_t bytes, uint64_t offset,
                     struct uk_pages **out, size_t *skip) {
  struct kcov8_area area;
  int err = kcov8_mmap(file->priv, bytes, offset, &area);
  if (err)
    return err;
  *out = new_pages(file->priv, bytes, area.base);
  *skip = 0;
  return *out ? 0 : -ENOMEM;
}

static struct uk_pages *private_copy(struct uk_pages *from);

static struct uk_pages *private_new(struct kcov8_file *kcov, uint64_t bytes,
                                    const struct kcov8_area *area) {
  if (uk_charge(bytes))
    return NULL;
  void *base = map_area(bytes, MAP_PRIVATE, (off_t)area->cookie);
  struct uk_pages *pages = base ? new_pages(kcov, bytes, base) : NULL;
  if (!pages) {
    if (base)
      munmap(base, bytes);
    uk_uncharge(bytes);
    return NULL;
  }
  pages->charged = bytes;
  madvise(base, bytes, MADV_NOHUGEPAGE);
  pages->free = private_free;
  pages->copy = private_copy;
  return pages;
}

/* fork: pages that a guest wrote to are its own, the others stay live. */
static struct uk_pages *private_copy(struct uk_pages *from) {
  struct kcov8_area area;
  if (kcov8_mmap(from->ctx, from->bytes, 0, &area))
    return NULL;
  struct uk_pages *pages = private_new(from->ctx, from->bytes, &area);
  if (pages)
    mm_copy_written(pages->base, from->base, area.base, from->bytes);
  return pages;
}

static int kcov_mmap_private(struct uk_file *file, uint64_t bytes,
                             uint64_t offset, struct uk_pages **out) {
  struct kcov8_area area;
  int err = kcov8_mmap(file->priv, bytes, offset, &area);
  if (err)
    return err;
  *out = private_new(file->priv, bytes, &area);
  return *out ? 0 : -ENOMEM;
}

static void kcov_release(struct uk_file *file) { kcov8_file_put(file->priv); }

/* No read, write, lseek, poll: the defaults are Linux's answers. */
static const struct uk_file_ops kcov_ops = {
    .ioctl = kcov_ioctl,
    .mmap = kcov_mmap,
    .mmap_private = kcov_mmap_private,
    .release = kcov_release,
};

static int kcov_open(struct uk_inode *inode, int flags, struct uk_file **out) {
  struct kcov8_file *kcov;
  (void)inode;
  int err = kcov8_open(uk_kcov_device, &kcov);
  if (err)
    return err;
  *out = uk_file_new(&kcov_ops, flags, kcov);
  if (!*out) {
    kcov8_file_put(kcov);
    return -ENOMEM;
  }
  return 0;
}

int uk_kcov_init(void) {
  struct kcov8_host host = {
      .size = sizeof(host),
      .alloc_area = alloc_area,
      .free_area = free_area,
      .read_guest = read_guest,
      .write_guest = write_guest,
      .rules = uk_kcov_rules,
  };
  int err = kcov8_device_create(&host, &uk_kcov_device);
  if (err)
    return err;
  struct uk_inode *root = uk_ramfs_new("debugfs", DEBUGFS_MAGIC);
  if (!root)
    return -ENOMEM;
  root->mode = S_IFDIR | 0700;
  uk_fs_keep(root);
  err = uk_mount_at("/sys/kernel/debug", root);
  if (!err)
    err = uk_ramfs_add(root, "kcov", S_IFREG | 0600, 0, NULL, kcov_open);
  if (!err)
    err = uk_compare_add(root);
  uk_ramfs_fix(root);
  uk_inode_put(root); /* the mount holds it */
  return err;
}

int uk_kcov_exit(void) {
  int err = kcov8_device_destroy(uk_kcov_device);
  return err ? err : n_areas ? -EBUSY : 0;
}
