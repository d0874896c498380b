/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * area.c - the memory of cover buffers: the host's, or the port's
 */
#include "device/device.h"

bool kcov8i_size_is_valid(const struct kcov8_device *device,
                          uint64_t size_words) {
  return size_words >= KCOV8_MIN_WORDS &&
         size_words <= (device->layout.word_bytes == 4 ? KCOV8_MAX_WORDS32
                                                       : KCOV8_MAX_WORDS);
}

int kcov8i_area_alloc(struct kcov8_file *file, uint64_t size_words,
                      struct kcov8_area *area) {
  const struct kcov8_device *const device = file->device;
  const uint64_t bytes = size_words * device->layout.word_bytes;
  if (bytes > SIZE_MAX)
    return -KCOV8_ENOMEM;
  *area = (struct kcov8_area){
      .bytes = (size_t)bytes, .cookie = file->cookie, .share = file->share};
  if (device->host.alloc_area) {
    if (device->host.alloc_area(device->host.ctx, area))
      return -KCOV8_ENOMEM;
  } else {
    area->base = kcov8_port_alloc(area->bytes);
  }
  return area->base ? 0 : -KCOV8_ENOMEM;
}

int kcov8i_file_set_up(struct kcov8_file *file, uint64_t size_words) {
  struct kcov8_area area;
  const int err = kcov8i_area_alloc(file, size_words, &area);
  if (err)
    return err;
  file->sink.buffer.area = area;
  file->sink.buffer.size_words = size_words;
  file->mode = KCOV8I_INIT;
  return 0;
}

void kcov8i_area_free(struct kcov8_device *device, struct kcov8_area *area) {
  if (device->host.free_area)
    device->host.free_area(device->host.ctx, area);
  else
    kcov8_port_free(area->base, area->bytes);
}
