/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * implied.c - blocks that have no probe of their own (option `prune`)
 *
 * A hit of a witness is one of each block that it implies, too. They have an
 * index behind those of counters, so that slots, IDs and pending sets need to
 * know nothing of rules. Several witnesses may imply one block. Where hits are
 * added up, in pending sets and for harvests, that needs no care. Where each
 * block is an entry of a buffer, a bit per implied block tells that it has its
 * entry: whoever may flush on its own has such bits of its own, for it holds no
 * lock that others wait for.
 */
#include "image/image.h"

static size_t n_implied(const struct kcov8i_image *img) {
  return img->n_indexes - img->n_counters;
}

/* witnesses[counters + 1], rules[rules] */
static size_t bytes_for(const struct kcov8i_image *img, size_t n_rules) {
  return sizeof(struct kcov8i_witness) * (img->n_counters + 1) +
         sizeof(struct kcov8i_rule) * n_rules;
}

/* By witness: count, sum up, fill from the end. */
static void sort_rules(const struct kcov8i_table *t, const uint32_t *slots,
                       struct kcov8i_implied *m) {
  struct kcov8i_witness *const at = m->witnesses;
  for (int pass = 0; pass < 2; pass++) {
    for (struct kcov8i_records r = {.t = t}; kcov8i_next_record(&r);) {
      const uint32_t *const rules = kcov8i_table_rules(r.f);
      for (size_t i = kcov8i_table_n_rules(r.f); i-- > 0;) {
        const size_t w = kcov8i_record_index(&r, rules[i] >> 16);
        const size_t b = kcov8i_record_index(&r, rules[i] & UINT16_MAX);
        if (pass == 0)
          at[w].first++;
        else
          m->rules[--at[w].first] =
              (struct kcov8i_rule){(uint32_t)(b - t->n_counters), slots[b]};
      }
    }
    for (size_t c = 0; pass == 0 && c < t->n_counters; c++) {
      at[c].slot = slots[c];
      at[c + 1].first += at[c].first;
    }
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

  m->witnesses = kcov8_port_alloc(bytes_for(img, n_rules));
  if (!m->witnesses)
    return -KCOV8_ENOMEM;
  m->rules = (struct kcov8i_rule *)(void *)(m->witnesses + img->n_counters + 1);
  sort_rules(t, img->slots, m);
  m->seen = kcov8i_seen_alloc(img);
  return m->seen ? 0 : -KCOV8_ENOMEM;
}

void kcov8i_implied_free(struct kcov8i_image *img) {
  struct kcov8i_implied *const m = &img->implied;
  kcov8i_seen_free(img, m->seen);
  if (m->witnesses)
    kcov8_port_free(m->witnesses, bytes_for(img, m->n_rules));
  m->witnesses = NULL;
  m->seen = NULL;
}

/* ---- Seen ---------------------------------------------------------------- */

/*
 * A bit per block, in lines of 64 bytes, behind a bit per line: that one is not
 * clear. A flush of few hits in a large image clears few lines.
 */
enum { LINE_WORDS = KCOV8I_SEEN_LINE / 64 };

static size_t n_lines(const struct kcov8i_image *img) {
  return n_implied(img) / KCOV8I_SEEN_LINE + 1;
}

static size_t seen_bytes(const struct kcov8i_image *img) {
  return sizeof(uint64_t) *
         (kcov8i_seen_marks(img) + n_lines(img) * LINE_WORDS);
}

uint64_t *kcov8i_seen_alloc(const struct kcov8i_image *img) {
  return kcov8_port_alloc(seen_bytes(img));
}

void kcov8i_seen_free(const struct kcov8i_image *img, uint64_t *seen) {
  if (seen)
    kcov8_port_free(seen, seen_bytes(img));
}

void kcov8i_seen_clear(const struct kcov8i_image *img, uint64_t *seen) {
  const size_t marks = kcov8i_seen_marks(img);
  for (size_t m = 0; m < marks; m++)
    for (; seen[m]; seen[m] &= seen[m] - 1) {
      const size_t line = 64 * m + (size_t)__builtin_ctzll(seen[m]);
      memset(&seen[marks + line * LINE_WORDS], 0,
             LINE_WORDS * sizeof(uint64_t));
    }
}
