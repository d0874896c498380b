/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * identity.c - which image is it, and which build of it?
 *
 * The fingerprint is of IDs and their places, the digest of the bytes of the
 * tables: abi.h, docs/dump-format.md. Called with the lock held.
 */
#include "image/image.h"
#include "image/record.h"

uint64_t kcov8i_table_fingerprint(const struct kcov8i_table *t) {
  if (t->stock)
    return kcov8i_stock_digest(t->stock);
  uint64_t h = kcov8i_fingerprint_start(t->n_counters);
  for (struct kcov8i_records r = {.t = t}; kcov8i_next_record(&r);)
    h = kcov8i_fingerprint_add(h, r.f->hash, kcov8i_record_index(&r, 0),
                               kcov8i_table_keys(r.f), r.f->n_blocks);
  return h;
}

void kcov8i_table_take_fingerprint(struct kcov8i_image *img) {
  struct kcov8i_table t;
  if (img->has_fingerprint || kcov8i_table_read(img->desc, &t))
    return;
  img->fingerprint = kcov8i_table_fingerprint(&t);
  img->has_fingerprint = true;
}

static uint64_t digest_of(uint64_t h, const void *begin, const void *end) {
  return kcov8i_digest(h, begin,
                       ((uintptr_t)end - (uintptr_t)begin) / sizeof(uint32_t));
}

uint64_t kcov8i_table_digest(const struct kcov8_image *desc) {
  const uintptr_t funcs = (uintptr_t)desc->funcs[0];
  if (kcov8i_stock_of(desc))
    return kcov8i_stock_digest(kcov8i_stock_of(desc));
  uint64_t h = kcov8i_digest_start(
      (uintptr_t)desc->counters[1] - (uintptr_t)desc->counters[0],
      (intptr_t)((uintptr_t)desc->counters[0] - funcs),
      (intptr_t)((uintptr_t)desc->keys[0] - funcs));
  h = digest_of(h, desc->funcs[0], desc->funcs[1]);
  return digest_of(h, desc->keys[0], desc->keys[1]);
}
