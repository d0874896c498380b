/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * summary.c - where counters may have been hit (option `summary`)
 *
 * A probe with a summary counts, then sets the mark of its 256 counter bytes. A
 * flush sweeps the marks, and of the counters only the pieces that are marked:
 * its cost is that of what ran. Every probe marks, not just a function's entry:
 * functions stay live across flushes, of other threads too, and a mark that is
 * set once per activation and cleared by a flush would hide what they run next.
 *
 * Why nothing is missed. The probe stores to the counter, then to the mark, in
 * this order for every thread that looks (release). The flush clears the mark,
 * and only then, behind a full fence, reads the counters.
 * - The flush read the mark as zero: the probe's store of it is still to come,
 *   and is there for the next flush.
 * - It read the mark, and cleared it before the probe's store: likewise.
 * - It cleared the mark after the probe's store: the counter's store was before
 *   that one, so it is seen by the reads behind the fence.
 * On the flushing thread itself, program order is enough. A kernel's task that
 * is preempted between the two stores may set the mark on another CPU: a switch
 * orders what it stored before, and the delta for both is in a register since
 * before the counter, so it is the mark of that very copy.
 *
 * Counters of objects without a summary are in gaps, which every flush sweeps.
 * All is read once, when the image is prepared; what is not as expected makes
 * flushes sweep everything, which is right, only slower.
 */
#include "image/image.h"

size_t kcov8i_summary_marks(const struct kcov8_image *desc, uint8_t **marks) {
  if (desc->size <
          offsetof(struct kcov8_image, arrays) + sizeof(desc->arrays) ||
      desc->marks[0] >= desc->marks[1])
    return 0;
  *marks = desc->marks[0];
  return (size_t)(desc->marks[1] - desc->marks[0]);
}

static size_t marks_of(const struct kcov8_array *a) {
  return ((size_t)a->bytes + KCOV8_MARK_BYTES - 1) / KCOV8_MARK_BYTES;
}

/* Does the record point inside the image? Places as indices. */
static bool find_array(const struct kcov8_image *desc,
                       const struct kcov8_array *a, size_t *counter,
                       size_t *mark) {
  const size_t n_counters = (size_t)(desc->counters[1] - desc->counters[0]);
  const size_t n_marks = (size_t)(desc->marks[1] - desc->marks[0]);
  *counter = kcov8i_target(&a->counters) - (uintptr_t)desc->counters[0];
  *mark = kcov8i_target(&a->marks) - (uintptr_t)desc->marks[0];
  return *counter <= n_counters && a->bytes <= n_counters - *counter &&
         *mark <= n_marks && marks_of(a) <= n_marks - *mark;
}

/* The pieces of all arrays, by mark; empty ones have no owner. */
static bool fill_pieces(const struct kcov8_image *desc,
                        struct kcov8i_piece *pieces) {
  for (const struct kcov8_array *a = desc->arrays[0]; a < desc->arrays[1];
       a++) {
    size_t at, mark;
    if (!find_array(desc, a, &at, &mark))
      return false;
    const size_t end = at + a->bytes;
    for (; at < end; mark++, at += KCOV8_MARK_BYTES) {
      const size_t stop =
          end - at < KCOV8_MARK_BYTES ? end : at + KCOV8_MARK_BYTES;
      if (pieces[mark].end)
        return false;
      pieces[mark] = (struct kcov8i_piece){(uint32_t)at, (uint32_t)stop};
    }
  }
  return true;
}

static bool any_owned(const struct kcov8i_image *img, size_t from, size_t to) {
  for (; from < to; from++)
    if (img->slots[from] != KCOV8I_NO_SLOT)
      return true;
  return false;
}

/* False if the pieces do not ascend: order of delivery is by address. */
static bool fill_gaps(struct kcov8i_image *img) {
  struct kcov8i_summary *const s = &img->summary;
  size_t from = 0;
  for (size_t m = 0; m <= s->n_marks; m++) {
    size_t to = img->n_counters, next = to;
    if (m < s->n_marks) {
      if (!s->pieces[m].end)
        continue;
      to = s->pieces[m].begin;
      next = s->pieces[m].end;
    }
    if (to < from)
      return false;
    if (any_owned(img, from, to))
      s->gaps[s->n_gaps++] =
          (struct kcov8i_piece){(uint32_t)from, (uint32_t)to};
    from = next;
  }
  return true;
}

static size_t summary_bytes(size_t n_marks, size_t n_arrays) {
  return (n_marks + n_arrays + 1) * sizeof(struct kcov8i_piece);
}

int kcov8i_summary_build(struct kcov8i_image *img) {
  const struct kcov8_image *const desc = img->desc;
  struct kcov8i_summary *const s = &img->summary;
  uint8_t *marks;
  const size_t n_marks = kcov8i_summary_marks(desc, &marks);
  if (!n_marks || desc->arrays[0] >= desc->arrays[1])
    return 0;
  const size_t n_arrays = (size_t)(desc->arrays[1] - desc->arrays[0]);
  *s = (struct kcov8i_summary){
      .marks = marks,
      .n_marks = n_marks,
      .bytes = summary_bytes(n_marks, n_arrays),
  };
  s->pieces = kcov8_port_alloc(s->bytes);
  if (!s->pieces) {
    *s = (struct kcov8i_summary){0};
    return -KCOV8_ENOMEM;
  }
  s->gaps = s->pieces + s->n_marks;
  if (!fill_pieces(desc, s->pieces) || !fill_gaps(img)) {
    kcov8_port_log(KCOV8_LOG_WARNING,
                   "summary of counters is not usable (tables out of order): "
                   "every flush looks at all counters");
    kcov8i_summary_free(img);
  }
  return 0;
}

void kcov8i_summary_free(struct kcov8i_image *img) {
  if (img->summary.pieces)
    kcov8_port_free(img->summary.pieces, img->summary.bytes);
  img->summary = (struct kcov8i_summary){0};
}

size_t kcov8i_summary_take(uint8_t *marks, size_t n_marks, size_t *pos,
                           struct kcov8i_hit *hits) {
  const size_t n = kcov8i_sweep(marks, n_marks, pos, hits);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return n;
}
