/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * device.c - devices and their files: open, mmap, references
 *
 * ioctl.c has the calls, trace.c what happens between ENABLE and DISABLE. The
 * core's lock protects all files, tasks and devices; every public function
 * takes it but for a task's own flush and for background work (base/lock.c).
 */
#include "device/device.h"

/* ---- Devices ------------------------------------------------------------- */

static size_t n_devices;

static bool host_is_complete(const struct kcov8_host *host) {
  return host->size >= sizeof(*host) && !host->alloc_area == !host->free_area &&
         !host->read_guest == !host->write_guest &&
         (host->word_bytes == 0 || host->word_bytes == 4 ||
          host->word_bytes == 8) &&
         host->byte_order <= KCOV8_ORDER_BIG &&
         host->ioctls <= KCOV8_IOCTLS_MIPS && host->rules <= KCOV8_RULES_6_12;
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
  kcov8i_lock();
  struct kcov8_device *const device = kcov8_port_alloc(sizeof(*device));
  n_devices += device != NULL;
  kcov8i_unlock();
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
  kcov8i_lock();
  if (device->files) {
    err = -KCOV8_EBUSY;
  } else {
    kcov8i_handles_free(device);
    kcov8_port_free(device, sizeof(*device));
    if (!--n_devices)
      kcov8i_mutexes_free();
  }
  kcov8i_unlock();
  return err;
}

/* ---- Files --------------------------------------------------------------- */

static void link_file(struct kcov8_file *file) {
  file->next = file->device->files;
  file->link = &file->device->files;
  if (file->next)
    file->next->link = &file->next;
  *file->link = file;
}

static void unlink_file(struct kcov8_file *file) {
  *file->link = file->next;
  if (file->next)
    file->next->link = file->link;
}

static int open_locked(struct kcov8_device *device,
                       const struct kcov8_open_how *how,
                       struct kcov8_file **out) {
  int err = kcov8i_prepare_images();
  if (err)
    return err;
  if (kcov8i.n_refused || kcov8i_require_blocks())
    return -KCOV8_ENODEV;
  if (how->share)
    err = kcov8i_share_init(how->share);
  struct kcov8_file *const file = err ? NULL : kcov8_port_alloc(sizeof(*file));
  if (!file)
    return -KCOV8_ENOMEM;
  file->device = device;
  file->cookie = how->cookie;
  file->share = how->share;
  file->sink.mutex = kcov8i_mutex_get();
  file->sink.buffer.layout = device->layout;
  file->refs = 1;
  link_file(file);
  *out = file;
  return 0;
}

int kcov8_open_with(struct kcov8_device *device,
                    const struct kcov8_open_how *how, struct kcov8_file **out) {
  static const struct kcov8_open_how plain = {.size = sizeof(plain)};
  *out = NULL;
  if (!how)
    how = &plain;
  if (how->size < sizeof(*how) ||
      (how->share && !kcov8i_share_possible(device)))
    return -KCOV8_EINVAL;
  kcov8i_lock();
  const int err = open_locked(device, how, out);
  kcov8i_unlock();
  return err;
}

int kcov8_open(struct kcov8_device *device, struct kcov8_file **out) {
  return kcov8_open_with(device, NULL, out);
}

struct kcov8_file *kcov8_file_find(struct kcov8_device *device,
                                   uintptr_t cookie) {
  kcov8i_lock();
  struct kcov8_file *file = device->files;
  while (file && file->cookie != cookie)
    file = file->next;
  if (file)
    file->refs++;
  kcov8i_unlock();
  return file;
}

void kcov8i_file_put(struct kcov8_file *file) {
  if (--file->refs)
    return;
  /* A file that a task has enabled has that task's reference. */
  struct kcov8_area *const area = &file->sink.buffer.area;
  if (!area->base)
    *area = (struct kcov8_area){.cookie = file->cookie, .share = file->share};
  if (area->base || area->share)
    kcov8i_area_free(file->device, area);
  unlink_file(file);
  kcov8i_mutex_put(file->sink.mutex);
  kcov8_port_free(file, sizeof(*file));
}

void kcov8_file_get(struct kcov8_file *file) {
  kcov8i_lock();
  file->refs++;
  kcov8i_unlock();
}

void kcov8_file_put(struct kcov8_file *file) {
  kcov8i_lock();
  kcov8i_file_put(file);
  kcov8i_unlock();
}

uint64_t kcov8i_file_dropped(struct kcov8_file *file) {
  kcov8i_sink_lock(&file->sink);
  const uint64_t dropped = kcov8i_buffer_dropped(&file->sink.buffer);
  kcov8i_sink_unlock(&file->sink);
  return dropped;
}

uint64_t kcov8_file_dropped(struct kcov8_file *file) {
  kcov8i_lock();
  const uint64_t dropped = kcov8i_file_dropped(file);
  kcov8i_unlock();
  return dropped;
}

int kcov8_mmap(struct kcov8_file *file, uint64_t bytes, uint64_t offset,
               struct kcov8_area *area) {
  kcov8i_lock();
  int err = kcov8i_share_refresh(file);
  const struct kcov8i_buffer *const buffer = &file->sink.buffer;
  if (err)
    ;
  else if (!buffer->area.base || offset ||
           bytes != buffer->size_words * buffer->layout.word_bytes)
    err = -KCOV8_EINVAL;
  else
    *area = buffer->area;
  kcov8i_unlock();
  return err;
}
