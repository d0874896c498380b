/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * implied.c - blocks that have no probe of their own (option `prune`)
 *
 * A flush adds each witness's hits to the blocks that it implies, and takes
 * those when the image has been swept: each once, with the sum of its
 * witnesses' hits, in the order in which they were first implied. They have an
 * index behind those of counters, so that slots, IDs and pending sets need to
 * know nothing of rules.
 */
#include "image/image.h"

/* Sizes for one image: of what implied.c allocates, in one piece. */
static size_t bytes_for(const struct kcov8i_image *img, size_t n_rules) {
  const size_t n_implied = img->n_indexes - img->n_counters;
  /* first[n + 1], implied[rules], reached[implied + 1], sums[implied] */
  return sizeof(uint32_t) * (img->n_counters + 2 + n_rules + n_implied) +
         n_implied;
}

/* By witness: count, sum up, fill from the end. */
static void sort_rules(const struct kcov8i_table *t, struct kcov8i_implied *m) {
  for (int pass = 0; pass < 2; pass++) {
    for (struct kcov8i_records r = {.t = t}; kcov8i_next_record(&r);) {
      const uint32_t *const rules = kcov8i_table_rules(r.f);
      for (size_t i = kcov8i_table_n_rules(r.f); i-- > 0;) {
        const size_t w = kcov8i_record_index(&r, rules[i] >> 16);
        const size_t b = kcov8i_record_index(&r, rules[i] & UINT16_MAX);
        if (pass == 0)
          m->first[w]++;
        else
          m->implied[--m->first[w]] = (uint32_t)(b - t->n_counters);
      }
    }
    for (size_t c = 0; pass == 0 && c < t->n_counters; c++)
      m->first[c + 1] += m->first[c];
  }
}

int kcov8i_implied_build(const struct kcov8i_table *t,
                         struct kcov8i_image *img) {
  struct kcov8i_implied *const m = &img->implied;
  size_t n_rules = 0;
  for (size_t i = 0; i < t->n_funcs; i++)
    n_rules += kcov8i_table_n_rules(&t->funcs[i]);
  *m = (struct kcov8i_implied){.n_rules = n_rules};
  if (!n_rules)
    return 0;

  m->first = kcov8_port_alloc(bytes_for(img, n_rules));
  if (!m->first)
    return -KCOV8_ENOMEM;
  m->implied = m->first + img->n_counters + 1;
  m->reached = m->implied + n_rules;
  m->sums = (uint8_t *)(m->reached + t->n_implied + 1);
  sort_rules(t, m);
  return 0;
}

void kcov8i_implied_free(struct kcov8i_image *img) {
  struct kcov8i_implied *const m = &img->implied;
  if (m->first)
    kcov8_port_free(m->first, bytes_for(img, m->n_rules));
  m->first = NULL;
}

/* Locals: a store to sums, bytes, could change anything else for all a compiler
   knows. */
void kcov8i_implied_add(struct kcov8i_image *img, const struct kcov8i_hit *hits,
                        size_t n_hits) {
  const uint32_t *const first = img->implied.first;
  const uint32_t *const implied = img->implied.implied;
  uint32_t *const reached = img->implied.reached;
  uint8_t *const sums = img->implied.sums;
  size_t n = img->implied.n_reached;
  for (size_t i = 0; i < n_hits; i++) {
    const uint32_t end = first[hits[i].index + 1], count = hits[i].count;
    for (uint32_t r = first[hits[i].index]; r < end; r++) {
      const uint32_t b = implied[r];
      reached[n] = b; /* kept if it is the first time */
      n += !sums[b];
      kcov8i_add_count(&sums[b], count);
    }
  }
  img->implied.n_reached = n;
}

size_t kcov8i_implied_take(struct kcov8i_image *img, struct kcov8i_hit *hits) {
  struct kcov8i_implied *const m = &img->implied;
  const uint32_t *const reached = m->reached + m->n_taken;
  const uint32_t n_counters = (uint32_t)img->n_counters;
  uint8_t *const sums = m->sums;
  const size_t left = m->n_reached - m->n_taken;
  const size_t n = left < KCOV8I_BATCH ? left : KCOV8I_BATCH;
  for (size_t i = 0; i < n; i++) {
    hits[i] = (struct kcov8i_hit){n_counters + reached[i], sums[reached[i]]};
    sums[reached[i]] = 0;
  }
  m->n_taken += n;
  if (!n)
    m->n_reached = m->n_taken = 0;
  return n;
}
