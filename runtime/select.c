/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * select.c - flushes look at some blocks only (kcov8_select())
 *
 * Of an image that means: the counters of every function that has a selected
 * block, as ascending ranges, because those with a probe may tell of others
 * without; and of what these find, the selected blocks.
 *
 * Counters outside the ranges are not read, so they keep what they hold. That
 * cannot come out later: whenever the selection changes nobody traces, and all
 * counters are cleared.
 */
#include "internal.h"

/* Ranges nearer than this are one: a sweep is faster than its beginning. */
#define NEAR 64

static size_t selection_bytes(const struct kcov8i_image *img) {
  const size_t most_ranges = img->n_counters / (NEAR + 1) + 1;
  return img->n_indexes + most_ranges * sizeof(struct kcov8i_piece);
}

static bool is_listed(uint64_t pc) {
  size_t low = 0, high = kcov8i.n_selected;
  while (low < high) {
    const size_t mid = low + (high - low) / 2;
    if (kcov8i.selected[mid] < pc)
      low = mid + 1;
    else
      high = mid;
  }
  return low < kcov8i.n_selected && kcov8i.selected[low] == pc;
}

/* wanted[index]: 0, or what of these holds. */
enum { SWEPT = 1, SELECTED = 2 };

static void select_function(const struct kcov8i_records *r,
                            const struct kcov8i_image *img, uint8_t *wanted) {
  bool any = false;
  for (uint32_t b = 0; b < r->f->n_blocks; b++) {
    const size_t c = kcov8i_record_index(r, b);
    if (img->slots[c] == KCOV8I_NO_SLOT ||
        !is_listed(kcov8_slot_pc(img->slots[c])))
      continue;
    wanted[c] |= SELECTED;
    any = true;
  }
  for (uint32_t b = 0; any && b < r->f->n_blocks; b++)
    wanted[kcov8i_record_index(r, b)] |= SWEPT;
}

static void find_ranges(struct kcov8i_selection *s, size_t n_counters) {
  for (size_t c = 0; c < n_counters; c++) {
    if (!s->wanted[c])
      continue;
    if (!s->n_ranges || c - s->ranges[s->n_ranges - 1].end > NEAR)
      s->ranges[s->n_ranges++].begin = (uint32_t)c;
    s->ranges[s->n_ranges - 1].end = (uint32_t)c + 1;
  }
}

int kcov8i_select_image(const struct kcov8i_table *t,
                        struct kcov8i_image *img) {
  struct kcov8i_selection *const s = &img->selection;
  if (!kcov8i.n_selected)
    return 0;
  /* Ranges first: they want to be aligned. */
  s->ranges = kcov8_port_alloc(selection_bytes(img));
  if (!s->ranges)
    return -KCOV8_ENOMEM;
  s->wanted = (uint8_t *)s->ranges + (selection_bytes(img) - img->n_indexes);
  for (struct kcov8i_records r = {.t = t}; kcov8i_next_record(&r);)
    select_function(&r, img, s->wanted);
  find_ranges(s, img->n_counters);
  return 0;
}

void kcov8i_select_free(struct kcov8i_image *img) {
  if (img->selection.ranges)
    kcov8_port_free(img->selection.ranges, selection_bytes(img));
  img->selection = (struct kcov8i_selection){0};
}

size_t kcov8i_select_hits(const struct kcov8i_image *img,
                          struct kcov8i_hit *hits, size_t n_hits) {
  size_t n = 0;
  for (size_t i = 0; i < n_hits; i++)
    if (img->selection.wanted[hits[i].index] & SELECTED)
      hits[n++] = hits[i];
  return n;
}

/* ---- All images ---------------------------------------------------------- */

void kcov8i_select_forget(void) {
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    kcov8i_select_free(i);
  if (kcov8i.selected)
    kcov8_port_free(kcov8i.selected, kcov8i.n_selected * sizeof(uint64_t));
  kcov8i.selected = NULL;
  kcov8i.n_selected = 0;
}

static int remember(const uint64_t *pcs, size_t n) {
  if (!n)
    return 0;
  kcov8i.selected = kcov8_port_alloc(n * sizeof(uint64_t));
  if (!kcov8i.selected)
    return -KCOV8_ENOMEM;
  memcpy(kcov8i.selected, pcs, n * sizeof(uint64_t));
  kcov8i.n_selected = n;
  return 0;
}

static int select_loaded(void) {
  struct kcov8i_table t;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    int err = i->desc ? kcov8i_table_read(i->desc, &t) : 0;
    if (!err && i->desc)
      err = kcov8i_select_image(&t, i);
    if (err)
      return err;
  }
  return 0;
}

static int select_pcs(const uint64_t *pcs, size_t n) {
  if (kcov8i.n_enabled)
    return -KCOV8_EBUSY;
  for (size_t i = 1; i < n; i++)
    if (pcs[i - 1] >= pcs[i])
      return -KCOV8_EINVAL;
  int err = kcov8i_prepare_images();
  if (err)
    return err;
  kcov8i_collect(NULL, kcov8i.keep); /* for a harvest */
  kcov8i_select_forget();
  kcov8i_collect_clear();
  err = remember(pcs, n);
  if (!err)
    err = select_loaded();
  if (err)
    kcov8i_select_forget();
  return err;
}

int kcov8_select(const uint64_t *pcs, size_t n) {
  kcov8_port_lock();
  const int err = select_pcs(pcs, n);
  kcov8_port_unlock();
  return err;
}
