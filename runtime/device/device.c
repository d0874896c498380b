/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * device.c - devices and their files: open, mmap, references, cover buffers
 *
 * ioctl.c has the calls, trace.c what happens between ENABLE and DISABLE. One
 * lock protects all files, tasks and devices; every public function takes it.
 */
#include "device/device.h"

/* ---- Devices ------------------------------------------------------------- */

static bool host_is_complete(const struct kcov8_host *host) {
  return host->size >= sizeof(*host) && !host->alloc_area == !host->free_area &&
         !host->read_guest == !host->write_guest &&
         (host->word_bytes == 0 || host->word_bytes == 4 ||
          host->word_bytes == 8) &&
         host->byte_order <= KCOV8_ORDER_BIG &&
         host->ioctls <= KCOV8_IOCTLS_MIPS;
}

static bool is_foreign_order(enum kcov8_byte_order order) {
  return order == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? KCOV8_ORDER_LITTLE
                                                          : KCOV8_ORDER_BIG);
}

int kcov8_device_create(const struct kcov8_host *host,
                        struct kcov8_device **out) {
  *out = NULL;
  if (host && !host_is_complete(host))
    return -KCOV8_EINVAL;
  kcov8_port_lock();
  struct kcov8_device *const device = kcov8_port_alloc(sizeof(*device));
  kcov8_port_unlock();
  if (!device)
    return -KCOV8_ENOMEM;
  if (host)
    device->host = *host;
  device->layout.word_bytes =
      device->host.word_bytes ? device->host.word_bytes : sizeof(void *);
  device->layout.swap = is_foreign_order(device->host.byte_order);
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

/* ---- Cover buffers ------------------------------------------------------- */

int kcov8i_area_alloc(struct kcov8_device *device, uint64_t size_words,
                      struct kcov8_area *area) {
  const uint64_t bytes = size_words * device->layout.word_bytes;
  if (bytes > SIZE_MAX)
    return -KCOV8_ENOMEM;
  *area = (struct kcov8_area){.bytes = (size_t)bytes};
  if (device->host.alloc_area) {
    if (device->host.alloc_area(device->host.ctx, area))
      return -KCOV8_ENOMEM;
  } else {
    area->base = kcov8_port_alloc(area->bytes);
  }
  return area->base ? 0 : -KCOV8_ENOMEM;
}

void kcov8i_area_free(struct kcov8_device *device, struct kcov8_area *area) {
  if (device->host.free_area)
    device->host.free_area(device->host.ctx, area);
  else
    kcov8_port_free(area->base, area->bytes);
}

/* ---- Files --------------------------------------------------------------- */

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
  file->sink.buffer.layout = device->layout;
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

void kcov8i_file_put(struct kcov8_file *file) {
  if (--file->refs)
    return;
  /* A file that a task has enabled has that task's reference. */
  if (file->sink.buffer.area.base)
    kcov8i_area_free(file->device, &file->sink.buffer.area);
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
  kcov8i_file_put(file);
  kcov8_port_unlock();
}

uint64_t kcov8_file_dropped(struct kcov8_file *file) {
  kcov8_port_lock();
  const uint64_t dropped = kcov8i_buffer_dropped(&file->sink.buffer);
  kcov8_port_unlock();
  return dropped;
}

int kcov8_mmap(struct kcov8_file *file, uint64_t bytes, uint64_t offset,
               struct kcov8_area *area) {
  int err = 0;
  kcov8_port_lock();
  const struct kcov8i_buffer *const buffer = &file->sink.buffer;
  if (!buffer->area.base || offset ||
      bytes != buffer->size_words * buffer->layout.word_bytes)
    err = -KCOV8_EINVAL;
  else
    *area = buffer->area;
  kcov8_port_unlock();
  return err;
}
