/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * device.c - Linux's kcov device: open, ioctl, mmap, references
 *
 *   open -> DISABLED --INIT_TRACE--> INIT --ENABLE--> TRACE_PC
 *                                     ^----DISABLE, exit---'
 *
 * The reference is Linux 6.12 kernel/kcov.c, errno by errno and in the order
 * of its checks. One lock protects all files, tasks and devices; every public
 * function takes it. ENABLE and INIT_TRACE allocate with it held.
 */
#include "internal.h"

struct kcov8_device {
  struct kcov8_host host;
  size_t n_files;
};

/* ---- Device
 * ---------------------------------------------------------------------- */

int kcov8_device_create(const struct kcov8_host *host,
                        struct kcov8_device **out) {
  *out = NULL;
  if (host &&
      (host->size < sizeof(*host) || !host->alloc_area != !host->free_area))
    return -KCOV8_EINVAL;
  kcov8_port_lock();
  struct kcov8_device *const device = kcov8_port_alloc(sizeof(*device));
  kcov8_port_unlock();
  if (!device)
    return -KCOV8_ENOMEM;
  if (host)
    device->host = *host;
  *out = device;
  return 0;
}

int kcov8_device_destroy(struct kcov8_device *device) {
  int err = 0;
  kcov8_port_lock();
  if (device->n_files)
    err = -KCOV8_EBUSY;
  else
    kcov8_port_free(device, sizeof(*device));
  kcov8_port_unlock();
  return err;
}

static int alloc_area(struct kcov8_device *device, uint64_t size_words,
                      struct kcov8_area *area) {
  if (size_words > SIZE_MAX / sizeof(uint64_t))
    return -KCOV8_ENOMEM;
  *area = (struct kcov8_area){.bytes = size_words * sizeof(uint64_t)};
  if (device->host.alloc_area) {
    if (device->host.alloc_area(device->host.ctx, area))
      return -KCOV8_ENOMEM;
  } else {
    area->base = kcov8_port_alloc(area->bytes);
  }
  return area->base ? 0 : -KCOV8_ENOMEM;
}

static void free_area(struct kcov8_device *device, struct kcov8_area *area) {
  if (device->host.free_area)
    device->host.free_area(device->host.ctx, area);
  else
    kcov8_port_free(area->base, area->bytes);
}

/* ---- Files
 * ------------------------------------------------------------------------ */

static int open_locked(struct kcov8_device *device, struct kcov8_file **out) {
  const int err = kcov8i_prepare_images();
  if (err)
    return err;
  if (kcov8i.n_refused || kcov8i_require_blocks())
    return -KCOV8_ENODEV;
  struct kcov8_file *const file = kcov8_port_alloc(sizeof(*file));
  if (!file)
    return -KCOV8_ENOMEM;
  file->device = device;
  file->refs = 1;
  device->n_files++;
  *out = file;
  return 0;
}

int kcov8_open(struct kcov8_device *device, struct kcov8_file **out) {
  *out = NULL;
  kcov8_port_lock();
  const int err = open_locked(device, out);
  kcov8_port_unlock();
  return err;
}

static void put_locked(struct kcov8_file *file) {
  if (--file->refs)
    return;
  /* A file that a task has enabled has that task's reference. */
  if (file->area.base)
    free_area(file->device, &file->area);
  file->device->n_files--;
  kcov8_port_free(file, sizeof(*file));
}

void kcov8_file_get(struct kcov8_file *file) {
  kcov8_port_lock();
  file->refs++;
  kcov8_port_unlock();
}

void kcov8_file_put(struct kcov8_file *file) {
  kcov8_port_lock();
  put_locked(file);
  kcov8_port_unlock();
}

uint64_t kcov8_file_dropped(struct kcov8_file *file) {
  kcov8_port_lock();
  const uint64_t dropped = file->dropped;
  kcov8_port_unlock();
  return dropped;
}

int kcov8_mmap(struct kcov8_file *file, uint64_t bytes, uint64_t offset,
               struct kcov8_area *area) {
  int err = 0;
  kcov8_port_lock();
  if (!file->area.base || offset ||
      bytes != file->size_words * sizeof(uint64_t))
    err = -KCOV8_EINVAL;
  else
    *area = file->area;
  kcov8_port_unlock();
  return err;
}

/* ---- Tracing
 * ------------------------------------------------------------------------ */

void kcov8i_file_flush(struct kcov8_file *file) {
  struct kcov8i_append a;
  /* Only after an image was loaded. No memory: its counters just wait. */
  (void)kcov8i_prepare_images();
  kcov8i_append_begin(&a, file);
  if (kcov8i.n_enabled == 1 && !file->pending_dirty) {
    kcov8i_collect(&a, kcov8i.keep);
  } else {
    kcov8i_collect(NULL, kcov8i.keep);
    kcov8i_pending_drain(file, &a);
  }
  kcov8i_append_end(&a);
}

static void start(struct kcov8_file *file, struct kcov8_task *task) {
  struct kcov8_file **end = &kcov8i.enabled;
  while (*end)
    end = &(*end)->next_enabled;
  *end = file;
  file->next_enabled = NULL;
  kcov8i.n_enabled++;
  file->mode = KCOV8I_TRACE_PC;
  file->owner = task;
  file->refs++;
  task->file = file;
}

void kcov8i_file_stop(struct kcov8_file *file) {
  struct kcov8_file **link = &kcov8i.enabled;
  while (*link != file)
    link = &(*link)->next_enabled;
  *link = file->next_enabled;
  kcov8i.n_enabled--;
  kcov8i_pending_free(file);
  file->mode = KCOV8I_INIT;
  file->owner->file = NULL;
  file->owner = NULL;
  put_locked(file);
}

/* ---- ioctl
 * ----------------------------------------------------------------------------
 */

static int init_trace(struct kcov8_file *file, uint64_t size_words) {
  struct kcov8_area area;
  if (size_words < KCOV8_MIN_WORDS || size_words > KCOV8_MAX_WORDS)
    return -KCOV8_EINVAL;
  /* Linux allocates before it looks at the mode: -ENOMEM beats -EBUSY. */
  const int err = alloc_area(file->device, size_words, &area);
  if (err)
    return err;
  if (file->mode != KCOV8I_DISABLED) {
    free_area(file->device, &area);
    return -KCOV8_EBUSY;
  }
  file->area = area;
  file->size_words = size_words;
  file->mode = KCOV8I_INIT;
  return 0;
}

static int enable(struct kcov8_file *file, struct kcov8_task *task,
                  uint64_t mode) {
  if (file->mode != KCOV8I_INIT)
    return -KCOV8_EINVAL;
  if (task->file)
    return -KCOV8_EBUSY;
  if (mode == KCOV8_TRACE_CMP)
    return -KCOV8_ENOTSUPP;
  if (mode != KCOV8_TRACE_PC)
    return -KCOV8_EINVAL;

  int err = kcov8i_prepare_images();
  if (!err && kcov8i.n_enabled)
    err = kcov8i_pending_need(file);
  if (err)
    return err;
  /* For the others; what is left belongs to nobody and is discarded. */
  kcov8i_collect(NULL, kcov8i.keep);
  start(file, task);
  return 0;
}

static int disable(struct kcov8_file *file, struct kcov8_task *task,
                   uint64_t arg) {
  if (arg || task->file != file)
    return -KCOV8_EINVAL;
  kcov8i_file_flush(file);
  kcov8i_file_stop(file);
  return 0;
}

int kcov8_ioctl(struct kcov8_file *file, struct kcov8_task *task, uint64_t cmd,
                uint64_t arg) {
  int err;
  kcov8i_task_enter(task);
  /* ioctl() takes an unsigned int; libcs pass sign-extended ones. */
  switch ((uint32_t)cmd) {
  case KCOV8_INIT_TRACE64:
    err = init_trace(file, arg);
    break;
  case KCOV8_ENABLE:
    err = enable(file, task, arg);
    break;
  case KCOV8_DISABLE:
    err = disable(file, task, arg);
    break;
  default:
    err = -KCOV8_ENOTTY;
  }
  kcov8i_task_leave(task);
  return err;
}
