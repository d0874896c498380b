/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * collect.c - from counters to blocks
 *
 * kcov8i_sweep() is the only code that looks at counters. The order of what it
 * finds is the order of every delivery: images as they were prepared, counters
 * by address, and behind them, a batch later at most, the blocks without probes
 * that they imply.
 *
 * The race with probes. Other threads write counters while we sweep, with
 * plain (relaxed) loads and stores and no read-modify-write, and hold no lock.
 * - A byte that we read as zero is not written: a hit that arrives after the
 *   read stays for the next flush. (A wide store of zeros would erase it.)
 * - A byte that we read as non-zero is reported, then cleared by a store to
 *   this byte alone. A hit between our read and our store is erased, but it is
 *   a hit of the block that this very flush reports: the set loses nothing.
 *   The vector sweeps read twice, 64 bytes for the set and later each byte for
 *   its count: the first read decides, and between it and the store everything
 *   is a hit of a block that is being reported.
 * - A vector load need not be atomic as a whole; each of its bytes is (no CPU
 *   tears a byte), and bytes are all that is looked at.
 * - An incrementing probe that loaded before our store and stores after it
 *   brings the old value back, plus one. The block did run after our store, so
 *   reporting it again is no invention. A `flag` probe stores a constant.
 * - `wrapping` probes can go from 255 to 0 and hide; the others cannot. A
 *   `unary` byte has its ones at the bottom whatever is lost in such a race.
 * What the task itself ran before the flush is seen: either on this thread, or
 * ordered by whatever hands a task from thread to thread in the host.
 */
#include "collect/collect.h"

/* ---- Delivery ---------------------------------------------------------- */

/* A probe, or a wild store, wrote where no function record points. */
static void say_stray(struct kcov8i_image *img, uint32_t index) {
  struct kcov8i_msg m = {0};
  if (img->stock || /* of which it was said before */
      __atomic_exchange_n(&img->said_stray, true, __ATOMIC_RELAXED))
    return;
  kcov8i_msg_str(&m, "image at ");
  kcov8i_msg_hex(&m, (uintptr_t)img->desc);
  kcov8i_msg_str(&m, ": counter byte ");
  kcov8i_msg_dec(&m, index);
  kcov8i_msg_str(&m, " was hit but no function record owns it: stale table "
                     "or memory corruption");
  kcov8i_msg_log(&m, KCOV8_LOG_WARNING);
}

/*
 * Slots lie anywhere, one line of cache and one page for each hit of a sparse
 * batch: ask for all, rather than wait for one after the other.
 */
static void prefetch_slots(const struct kcov8i_image *img,
                           const struct kcov8i_hit *hits, size_t n_hits) {
  const struct kcov8i_witness *const witnesses = img->implied.witnesses;
  for (size_t i = 0; witnesses && i < n_hits; i++)
    __builtin_prefetch(&witnesses[hits[i].index]);
  for (size_t i = 0; !witnesses && img->slots && i < n_hits; i++)
    __builtin_prefetch(&img->slots[hits[i].index]);
}

/* Drops hits without owner; returns how many are left. */
static size_t drop_strays(struct kcov8i_image *img, struct kcov8i_hit *hits,
                          size_t n_hits) {
  size_t n = 0;
  for (size_t i = 0; i < n_hits; i++) {
    if (img->slots && img->slots[hits[i].index] == KCOV8I_NO_SLOT)
      say_stray(img, hits[i].index);
    else
      hits[n++] = hits[i];
  }
  return n;
}

static void keep_hits(struct kcov8i_image *img, const struct kcov8i_hit *hits,
                      size_t n_hits) {
  for (size_t i = 0; i < n_hits; i++)
    kcov8i_add_count(&img->kept[hits[i].index], hits[i].count);
}

/* To where a flush wants them: a buffer, a file's pending set, or all files'.
 */
struct target {
  struct kcov8i_image *img;
  struct kcov8i_append *direct;
  struct kcov8i_sink *sink;
  uint64_t *seen;
  bool keep;
};

static void deliver(const struct target *to, const struct kcov8i_hit *hits,
                    size_t n) {
  struct kcov8i_image *const img = to->img;
  if (to->direct)
    kcov8i_append_image(to->direct, img, hits, n);
  else if (to->sink || !img->per_task) /* else nobody's */
    kcov8i_pending_mark(to->sink, img, hits, n);
}

/* Hits on their way; the second half is room for one more step of a sweep. */
struct batch {
  struct target to;
  uint8_t *counters, *marks;
  size_t n;
  struct kcov8i_hit hits[2 * KCOV8I_BATCH];
};

/* Once per block to a buffer; elsewhere counts are added up. */
static void deliver_implied(const struct target *to,
                            const struct kcov8i_hit *hits, size_t n_hits) {
  struct kcov8i_image *const img = to->img;
  const size_t marks = kcov8i_seen_marks(img);
  struct kcov8i_hit more[KCOV8I_BATCH];
  size_t n = 0;
  for (size_t i = 0; i < n_hits; i++) {
    const struct kcov8i_witness *const w =
        &img->implied.witnesses[hits[i].index];
    for (uint32_t r = w[0].first; r < w[1].first; r++) {
      const uint32_t block = img->implied.rules[r].block;
      more[n].index = (uint32_t)img->n_counters + block;
      more[n].count = hits[i].count;
      if (to->keep && img->kept)
        keep_hits(img, &more[n], 1);
      n += !to->direct || kcov8i_seen_add(to->seen, marks, block);
      if (n == KCOV8I_BATCH) {
        deliver(to, more, n);
        n = 0;
      }
    }
  }
  deliver(to, more, n);
}

/* An entry for each hit, and for what it implies. (The tail in registers.) */
static struct kcov8i_tail put_witnesses(struct kcov8i_tail tail,
                                        const struct target *to,
                                        const struct kcov8i_hit *hits,
                                        size_t n_hits) {
  const struct kcov8i_witness *const witnesses = to->img->implied.witnesses;
  const struct kcov8i_rule *const rules = to->img->implied.rules;
  const size_t marks = kcov8i_seen_marks(to->img);
  for (size_t i = 0; i < n_hits; i++) {
    const struct kcov8i_witness *const w = &witnesses[hits[i].index];
    if (__builtin_expect(w->slot == KCOV8I_NO_SLOT, 0)) {
      say_stray(to->img, hits[i].index);
      continue;
    }
    kcov8i_tail_put(&tail, kcov8_slot_pc(w[0].slot));
    for (uint32_t r = w[0].first; r < w[1].first; r++)
      if (kcov8i_seen_add(to->seen, marks, rules[r].block))
        kcov8i_tail_put(&tail, kcov8_slot_pc(rules[r].slot));
  }
  return tail;
}

static struct kcov8i_tail put_hits(struct kcov8i_tail tail,
                                   struct kcov8i_image *img,
                                   const struct kcov8i_hit *hits,
                                   size_t n_hits) {
  const uint32_t *const slots = img->slots;
  for (size_t i = 0; i < n_hits; i++) {
    const uint32_t slot = slots[hits[i].index];
    if (__builtin_expect(slot == KCOV8I_NO_SLOT, 0))
      say_stray(img, hits[i].index);
    else
      kcov8i_tail_put(&tail, kcov8_slot_pc(slot));
  }
  return tail;
}

/* The common case, in one pass. False: not this case, nothing was done. */
static bool deliver_plain(const struct target *to,
                          const struct kcov8i_hit *hits, size_t n_hits) {
  struct kcov8i_image *const img = to->img;
  struct kcov8i_tail tail;
  if (!to->direct || to->keep || img->stock || !img->slots ||
      !kcov8i_tail_open(&tail, to->direct))
    return false;
  tail = img->implied.n_rules ? put_witnesses(tail, to, hits, n_hits)
                              : put_hits(tail, img, hits, n_hits);
  kcov8i_tail_close(&tail, to->direct);
  return true;
}

static void batch_deliver(struct batch *b) {
  struct kcov8i_image *const img = b->to.img;
  prefetch_slots(img, b->hits, b->n);
  if (deliver_plain(&b->to, b->hits, b->n)) {
    b->n = 0;
    return;
  }
  const size_t n = drop_strays(img, b->hits, b->n);
  if (img->unary)
    kcov8i_unary_decode(img, b->hits, n);
  if (b->to.keep && img->kept)
    keep_hits(img, b->hits, n);
  deliver(&b->to, b->hits, n);
  if (img->implied.n_rules)
    deliver_implied(&b->to, b->hits, n);
  b->n = 0;
}

static void batch_sweep(struct batch *b, size_t begin, size_t end) {
  uint8_t *const from = b->counters + begin;
  for (size_t pos = 0; pos < end - begin;) {
    struct kcov8i_hit *const hits = b->hits + b->n;
    const size_t n = kcov8i_sweep(from, end - begin, &pos, hits);
    for (size_t i = 0; begin && i < n; i++)
      hits[i].index += (uint32_t)begin;
    b->n += n;
    if (b->n > KCOV8I_BATCH)
      batch_deliver(b);
  }
}

static void prefetch_piece(const uint8_t *counters, struct kcov8i_piece piece) {
  for (size_t at = piece.begin; at < piece.end; at += 64)
    __builtin_prefetch(counters + at);
}

/* Marked pieces and the gaps between, by address. */
static void batch_sweep_marked(struct batch *b) {
  const struct kcov8i_summary *const s = &b->to.img->summary;
  struct kcov8i_hit marks[KCOV8I_BATCH];
  size_t gap = 0;
  for (size_t pos = 0; pos < s->n_marks;) {
    const size_t n = kcov8i_summary_take(b->marks, s->n_marks, &pos, marks);
    for (size_t i = 0; i < n; i++)
      prefetch_piece(b->counters, s->pieces[marks[i].index]);
    for (size_t i = 0; i < n; i++) {
      const struct kcov8i_piece piece = s->pieces[marks[i].index];
      for (; gap < s->n_gaps && s->gaps[gap].end <= piece.begin; gap++)
        batch_sweep(b, s->gaps[gap].begin, s->gaps[gap].end);
      batch_sweep(b, piece.begin, piece.end);
    }
  }
  for (; gap < s->n_gaps; gap++)
    batch_sweep(b, s->gaps[gap].begin, s->gaps[gap].end);
}

static void collect_target(const struct target *to, uint8_t *counters,
                           uint8_t *marks) {
  struct batch b;
  struct kcov8i_image *const img = to->img;
  b.to = *to;
  b.counters = counters;
  b.marks = marks;
  b.n = 0;
  if (img->summary.n_marks)
    batch_sweep_marked(&b);
  else
    batch_sweep(&b, 0, img->n_counters);
  if (b.n)
    batch_deliver(&b);
  if (to->seen)
    kcov8i_seen_clear(img, to->seen);
}

void kcov8i_collect_image(struct kcov8i_image *img,
                          struct kcov8i_append *direct, bool keep) {
  collect_target(&(struct target){.img = img,
                                  .direct = direct,
                                  .seen = img->implied.seen,
                                  .keep = keep},
                 img->counters, img->summary.marks);
}

void kcov8i_collect_copy(const struct kcov8i_copy *copy,
                         struct kcov8i_append *direct, struct kcov8i_sink *sink,
                         bool keep) {
  collect_target(&(struct target){copy->image, direct, sink, copy->seen, keep},
                 copy->counters, copy->marks);
}

/* The copy that has the counterpart of nobody's @counter. */
static struct kcov8i_copy *copy_of(struct kcov8i_copy *c,
                                   const uint8_t *counter) {
  while (c && (counter < c->image->counters ||
               counter >= c->image->counters + c->image->n_counters))
    c = c->next;
  return c;
}

bool kcov8i_collect_order(struct kcov8i_order *list, struct kcov8i_copy *copies,
                          struct kcov8i_append *direct,
                          struct kcov8i_sink *sink, bool keep) {
  const bool all = list->n <= KCOV8I_ORDER_ENTRIES;
  const size_t n = all ? list->n : KCOV8I_ORDER_ENTRIES;
  struct batch b;
  b.n = 0;
  for (size_t i = 0; i < n; i++) {
    struct kcov8i_copy *const c = copy_of(copies, list->counters[i]);
    if (!c)
      continue; /* an image that is gone */
    if (b.n && (c->image != b.to.img || b.n == KCOV8I_BATCH))
      batch_deliver(&b);
    b.to = (struct target){c->image, direct, sink, c->seen, keep};
    const size_t at = (size_t)(list->counters[i] - c->image->counters);
    if (c->counters[at]) /* else it was flushed while it was being noted */
      b.hits[b.n++] = (struct kcov8i_hit){(uint32_t)at, c->counters[at]};
    c->counters[at] = 0;
  }
  if (b.n)
    batch_deliver(&b);
  for (const struct kcov8i_copy *c = copies; c; c = c->next)
    if (c->seen)
      kcov8i_seen_clear(c->image, c->seen);
  list->n = 0;
  return all;
}

void kcov8i_collect(struct kcov8i_append *direct, bool keep) {
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    if (i->counters && (!i->per_task || keep))
      kcov8i_collect_image(i, i->per_task ? NULL : direct, keep);
}
