/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov.c - /sys/kernel/debug/kcov: the guest's calls handed on to kcov8
 *
 * Everything that Linux decides in kernel/kcov.c is decided by the runtime;
 * here are only the file, and the pages of the buffers. A buffer's pages are
 * one reserved host mapping, backed when touched, that the runtime writes and
 * every guest mapping shows. Open files and mappings each hold a reference.
 */
#define _GNU_SOURCE
#include "vfs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

struct kcov8_device *uk_kcov_device;
static size_t n_areas;

static size_t whole_pages(size_t bytes) {
  return (bytes + UK_PAGE - 1) & ~(size_t)(UK_PAGE - 1);
}

static int alloc_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  void *base = mmap(NULL, whole_pages(area->bytes), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED)
    return -ENOMEM;
  area->base = base;
  n_areas++;
  return 0;
}

static void free_area(void *ctx, struct kcov8_area *area) {
  (void)ctx;
  munmap(area->base, whole_pages(area->bytes));
  n_areas--;
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

static void pages_free(struct uk_pages *pages) {
  kcov8_file_put(pages->ctx); /* frees the area if it was the last */
  free(pages);
}

static int kcov_mmap(struct uk_file *file, uint64_t bytes, uint64_t offset,
                     struct uk_pages **out, size_t *skip) {
  struct kcov8_area area;
  int err = kcov8_mmap(file->priv, bytes, offset, &area);
  if (err)
    return err;
  struct uk_pages *pages = calloc(1, sizeof(*pages));
  if (!pages)
    return -ENOMEM;
  kcov8_file_get(file->priv);
  pages->base = area.base;
  pages->bytes = bytes;
  pages->refs = 1;
  pages->free = pages_free;
  pages->ctx = file->priv;
  *out = pages;
  *skip = 0;
  return 0;
}

static void kcov_release(struct uk_file *file) { kcov8_file_put(file->priv); }

/* No read, write, lseek, poll: the defaults are Linux's answers. */
static const struct uk_file_ops kcov_ops = {
    .ioctl = kcov_ioctl,
    .mmap = kcov_mmap,
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

int uk_kcov_init(struct uk_inode *sys) {
  struct kcov8_host host = {
      .size = sizeof(host),
      .alloc_area = alloc_area,
      .free_area = free_area,
      .read_guest = read_guest,
      .write_guest = write_guest,
  };
  int err = kcov8_device_create(&host, &uk_kcov_device);
  if (err)
    return err;
  err = uk_ramfs_add(sys, "kernel/debug/kcov", S_IFREG | 0600, 0, NULL,
                     kcov_open);
  uk_ramfs_fix(sys);
  return err;
}

int uk_kcov_exit(void) {
  int err = kcov8_device_destroy(uk_kcov_device);
  return err ? err : n_areas ? -EBUSY : 0;
}
