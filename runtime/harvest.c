/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * harvest.c - what ran, outside the device
 *
 * For dumps at exit and for hosts without a guest. Each public function takes
 * the lock, and so does kcov8i_dump().
 */
#include "registry.h"

static void report(struct kcov8i_image *img,
                   void (*fn)(void *ctx, uint64_t pc, unsigned int hits,
                              uint64_t id, int moved),
                   void *ctx) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  for (size_t pos = 0; pos < img->n_indexes;) {
    const size_t n = kcov8i_sweep(img->kept, img->n_indexes, &pos, hits);
    for (size_t i = 0; i < n; i++) {
      const uint32_t at = hits[i].index;
      fn(ctx, kcov8i_pc(img, at), hits[i].count, img->ids[at], img->moved[at]);
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
  kcov8i_lock();
  const int err = harvest(fn, ctx);
  kcov8i_unlock();
  return err;
}

int kcov8_moved(void (*fn)(void *ctx, uint64_t image, uint64_t pc, uint64_t id),
                void *ctx) {
  kcov8i_lock();
  int err = identify_all();
  if (!err)
    err = kcov8i.images ? 0 : kcov8i_require_blocks();
  for (struct kcov8i_image *i = kcov8i.images; !err && i; i = i->next) {
    if (i->desc)
      kcov8i_table_take_fingerprint(i);
    for (size_t c = 0; i->ids && c < i->n_indexes; c++)
      if (i->moved[c])
        fn(ctx, i->fingerprint, kcov8i_pc(i, c), i->ids[c]);
  }
  kcov8i_unlock();
  return err;
}

/* ---- Dumps --------------------------------------------------------------- */

static void dump_bytes(const struct kcov8i_dump_to *to,
                       const struct kcov8i_dump_image *image, uint8_t *bytes) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  to->image(image);
  for (size_t pos = 0; pos < image->n_counters;) {
    const size_t n = kcov8i_sweep(bytes, image->n_counters, &pos, hits);
    if (n)
      to->hits(hits, n);
  }
}

static void dump_prepared(const struct kcov8i_dump_to *to,
                          struct kcov8i_image *i) {
  const struct kcov8i_dump_image image = {
      .name = i->desc   ? kcov8i_keep_name_of(i->desc)
              : i->name ? i->name
                        : "",
      .digest = i->desc ? kcov8i_table_digest(i->desc) : i->digest,
      .n_counters = i->n_counters,
      .counted = true,
  };
  dump_bytes(to, &image, i->kept);
  /* Blocks without a counter: who reads the dump counts them. */
  for (size_t c = i->n_counters; c < i->n_indexes; c++)
    i->kept[c] = 0;
  for (size_t c = 0; c < i->n_indexes; c++)
    if (i->moved[c])
      to->moved(kcov8i_pc(i, c), i->ids[c]);
}

/* Those whose blocks have PCs, since somebody opened the device. */
static int dump_all_prepared(const struct kcov8i_dump_to *to) {
  if (!kcov8i.images)
    return 0;
  int err = kcov8i_pending_need(NULL);
  for (struct kcov8i_image *i = kcov8i.images; !err && i; i = i->next)
    if (i->desc)
      err = kcov8i_table_identify(i);
  if (err)
    return err;
  kcov8i_collect(NULL, true);
  kcov8i_view_collect_all();
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    if (i->kept)
      dump_prepared(to, i);
  return 0;
}

static void dump_registered(const struct kcov8i_dump_to *to,
                            const struct kcov8_image *desc) {
  const struct kcov8i_dump_image image = {
      .name = kcov8i_keep_name_of(desc),
      .digest = kcov8i_table_digest(desc),
      .n_counters = (uintptr_t)desc->counters[1] - (uintptr_t)desc->counters[0],
  };
  dump_bytes(to, &image, desc->counters[0]);
}

static void dump_kept(const struct kcov8i_dump_to *to, struct kcov8i_kept *k) {
  const struct kcov8i_dump_image image = {
      .name = k->name ? k->name : "",
      .digest = k->digest,
      .n_counters = k->n_counters,
      .counted = k->decoded,
  };
  dump_bytes(to, &image, k->bytes);
}

static int dump_all(const struct kcov8i_dump_to *to) {
  int err = 0;

  kcov8i_refuse_foreign();
  for (struct kcov8_image *d = kcov8i_registered(); d; d = d->runtime[0])
    if (!d->runtime[1] && kcov8i_keep_look(d) == KCOV8I_UNUSABLE)
      err = kcov8i_prepare_images(); /* says why, and refuses it */
  if (!err)
    err = dump_all_prepared(to);
  if (err)
    return err;
  bool any = kcov8i.images || kcov8i_keep_first();
  for (struct kcov8i_kept *k = kcov8i_keep_first(); k; k = k->next)
    dump_kept(to, k);
  for (struct kcov8_image *d = kcov8i_registered(); d; d = d->runtime[0])
    if (!d->runtime[1] && d->counters[0] != d->counters[1]) {
      dump_registered(to, d);
      any = true;
    }
  return any ? 0 : kcov8i_require_blocks();
}

int kcov8i_dump(const struct kcov8i_dump_to *to) {
  kcov8i_lock();
  const int err = dump_all(to);
  kcov8i_unlock();
  return err;
}
