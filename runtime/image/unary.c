/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * unary.c - counts of probes that set one bit more at each hit
 *
 * A byte of n set bits means n hits, all eight mean eight or more. Objects of
 * several kinds may be in one image, so each counter has a bit that tells
 * whether it is one of these. Hits are decoded before anything adds them up.
 */
#include "image/image.h"

static size_t map_bytes(const struct kcov8i_image *img) {
  return img->n_counters / 8 + 1;
}

int kcov8i_unary_build(const struct kcov8i_table *t, struct kcov8i_image *img) {
  if (!t->has_unary)
    return 0;
  img->unary = kcov8_port_alloc(map_bytes(img));
  if (!img->unary)
    return -KCOV8_ENOMEM;
  for (struct kcov8i_records r = {.t = t}; kcov8i_next_record(&r);) {
    if (r.f->probe != KCOV8_PROBE_UNARY)
      continue;
    const uint32_t n = kcov8i_table_n_counters(r.f);
    for (uint32_t b = 0; b < n; b++) {
      const size_t at = kcov8i_record_index(&r, b);
      img->unary[at / 8] |= (uint8_t)(1u << at % 8);
    }
  }
  return 0;
}

void kcov8i_unary_free(struct kcov8i_image *img) {
  if (img->unary)
    kcov8_port_free(img->unary, map_bytes(img));
  img->unary = NULL;
}

void kcov8i_unary_decode(const struct kcov8i_image *img,
                         struct kcov8i_hit *hits, size_t n_hits) {
  for (size_t i = 0; i < n_hits; i++) {
    const uint32_t at = hits[i].index;
    if (img->unary[at / 8] >> at % 8 & 1) /* how many ones, from bit 0 on */
      hits[i].count = (uint32_t)__builtin_ctz(~hits[i].count);
  }
}
