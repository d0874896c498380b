/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * share.c - files of a host whose processes are the host's own
 *
 * Each process has its own copy of struct kcov8_file; the buffer, and what is
 * in struct kcov8_share, is the same memory for all. A file that only this
 * process has, as nearly all have, has no share, and nothing here happens.
 *
 * Who owns the owner may change size_words, and trace. So two INIT_TRACE, or
 * two ENABLE, of two processes come one after the other, and one that is killed
 * in the middle leaves nothing locked: the port notices.
 */
#include "base/word64.h"
#include "device/device.h"

bool kcov8i_share_possible(const struct kcov8_device *device) {
  return device->host.alloc_area && kcov8_port_owner_init && kcov8_port_own &&
         kcov8_port_disown;
}

/* Only the process of the guest's open finds it fresh; no race with others. */
int kcov8i_share_init(struct kcov8_share *share) {
  if (__atomic_load_n(&share->ready, __ATOMIC_ACQUIRE))
    return 0;
  if (kcov8_port_owner_init(share->owner))
    return -KCOV8_ENOMEM;
  __atomic_store_n(&share->ready, 1, __ATOMIC_RELEASE);
  return 0;
}

bool kcov8i_share_claim(const struct kcov8_file *file) {
  return !file->share || !kcov8_port_own(file->share->owner);
}

void kcov8i_share_release(const struct kcov8_file *file) {
  if (file->share)
    kcov8_port_disown(file->share->owner);
}

int kcov8i_share_refresh(struct kcov8_file *file) {
  struct kcov8_share *const s = file->share;
  if (!s || file->mode >= KCOV8I_TRACE_PC)
    return 0;
  file->sink.buffer.counts = __atomic_load_n(&s->counts, __ATOMIC_RELAXED);
  const uint64_t words = kcov8i_load64(&s->size_words, __ATOMIC_ACQUIRE);
  if (!words || file->mode != KCOV8I_DISABLED)
    return 0;
  /* Whatever stands there, no write goes beyond such a buffer. */
  return kcov8i_size_is_valid(file->device, words)
             ? kcov8i_file_set_up(file, words)
             : -KCOV8_ENOMEM;
}

int kcov8i_share_set_up(struct kcov8_file *file, uint64_t words) {
  struct kcov8_share *const s = file->share;
  if (!kcov8i_share_claim(file))
    return -KCOV8_EBUSY;
  const int err =
      s->size_words ? -KCOV8_EBUSY : kcov8i_file_set_up(file, words);
  if (!err)
    kcov8i_store64(&s->size_words, words, __ATOMIC_RELEASE);
  kcov8i_share_release(file);
  return err;
}

int kcov8i_share_set_counts(struct kcov8_file *file, bool on) {
  if (!kcov8i_share_claim(file))
    return -KCOV8_EBUSY;
  if (file->share)
    __atomic_store_n(&file->share->counts, on, __ATOMIC_RELAXED);
  kcov8i_share_release(file);
  return 0;
}

bool kcov8i_share_traced(const struct kcov8_file *file) {
  if (!file->share)
    return false;
  const bool free = kcov8i_share_claim(file);
  if (free)
    kcov8i_share_release(file);
  return !free;
}
