/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * harvest.c - what ran, outside the device
 *
 * For dumps at exit and for hosts without a guest. Each public function takes
 * the lock.
 */
#include "registry.h"

void kcov8i_keep_for_harvest(void) {
  kcov8_port_lock();
  kcov8i.keep = true;
  kcov8_port_unlock();
}

static void report(struct kcov8i_image *img,
                   void (*fn)(void *ctx, uint64_t pc, unsigned int hits,
                              uint64_t id, int moved),
                   void *ctx) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  for (size_t pos = 0; pos < img->n_indexes;) {
    const size_t n = kcov8i_sweep(img->kept, img->n_indexes, &pos, hits);
    for (size_t i = 0; i < n; i++) {
      const uint32_t at = hits[i].index;
      fn(ctx, kcov8_slot_pc(img->slots[at]), hits[i].count, img->ids[at],
         img->moved[at]);
    }
  }
}

/* PCs and IDs for all images that are, or were, loaded. */
static int identify_all(void) {
  int err = kcov8i_prepare_images();
  for (struct kcov8i_image *i = kcov8i.images; !err && i; i = i->next)
    if (i->desc)
      err = kcov8i_table_identify(i);
  return err;
}

static int harvest(void (*fn)(void *ctx, uint64_t pc, unsigned int hits,
                              uint64_t id, int moved),
                   void *ctx) {
  bool any_kept = false;
  int err = identify_all();
  if (err)
    return err;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    any_kept |= i->kept != NULL;
  if (!any_kept)
    return kcov8i_require_blocks();
  err = kcov8i_pending_need(NULL);
  if (err)
    return err;
  kcov8i_collect(NULL, true);
  kcov8i_view_collect_all();
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    if (i->kept)
      report(i, fn, ctx);
  return 0;
}

int kcov8_harvest(void (*fn)(void *ctx, uint64_t pc, unsigned int hits,
                             uint64_t id, int moved),
                  void *ctx) {
  kcov8_port_lock();
  const int err = harvest(fn, ctx);
  kcov8_port_unlock();
  return err;
}

int kcov8_moved(void (*fn)(void *ctx, uint64_t image, uint64_t pc, uint64_t id),
                void *ctx) {
  kcov8_port_lock();
  int err = identify_all();
  if (!err)
    err = kcov8i.images ? 0 : kcov8i_require_blocks();
  for (struct kcov8i_image *i = kcov8i.images; !err && i; i = i->next) {
    if (i->desc)
      kcov8i_table_take_fingerprint(i);
    for (size_t c = 0; i->ids && c < i->n_indexes; c++)
      if (i->moved[c])
        fn(ctx, i->fingerprint, kcov8_slot_pc(i->slots[c]), i->ids[c]);
  }
  kcov8_port_unlock();
  return err;
}
