/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * buffer.c - append PCs, or comparisons, to a cover buffer
 *
 * Word 0 is the count N, words 1..N are PCs, or 1..2N pairs of PC and hit count
 * (KCOV8_SET_COUNTS). The buffer belongs to a hostile guest that writes to it
 * from other threads at any moment: word 0 is read once per flush or record,
 * only compared and never added to before it is known to be small, and no index
 * is ever read from the buffer. Every count that leaves no room is a full
 * buffer, ~0 too (Linux wraps there and stores a PC in word 0; of records, 7.2
 * multiplies before it looks, 6.12.117 divides, as we do).
 *
 * A reader that sees count N, with a load-acquire, sees entries 1..N: the count
 * is stored last, with release. Linux does so where background work is moved
 * to a buffer, since 7.2 with a barrier (smp_wmb() in kcov_move_area(), and
 * Documentation/dev-tools/kcov.rst). Its hooks bump the count first, since an
 * interrupt may nest; here nothing does, but for comparisons: a task's own go
 * in that order, those of background work in the other. N < size_words always.
 * A reset by the guest during a flush is overwritten by our count, as by a hook
 * on Linux.
 *
 * Words are the guest kernel's: 4 or 8 bytes, in its byte order. The high
 * halves of all PCs are the same, so that words of 4 bytes lose nothing. A host
 * of 32 bits stores words of 8 bytes in two halves.
 *
 * Called with the lock held, but for kcov8i_buffer_record().
 */
#include "base/word64.h"
#include "collect/collect.h"

static uint64_t load64(const uint64_t *at) {
  return kcov8i_load64(at, __ATOMIC_RELAXED);
}

static void store64(uint64_t *at, uint64_t v) {
  kcov8i_store64(at, v, __ATOMIC_RELAXED);
}

/* ---- PCs ----------------------------------------------------------------- */

static uint64_t read_word(const struct kcov8i_buffer *b, uint64_t index) {
  if (b->layout.word_bytes == 4) {
    const uint32_t v = __atomic_load_n((uint32_t *)b->area.base + index, 0);
    return b->layout.swap ? __builtin_bswap32(v) : v;
  }
  const uint64_t v = load64((uint64_t *)b->area.base + index);
  return b->layout.swap ? __builtin_bswap64(v) : v;
}

static void store_word(struct kcov8i_buffer *b, uint64_t index, uint64_t v) {
  if (b->layout.word_bytes == 4) {
    const uint32_t half = (uint32_t)v;
    __atomic_store_n((uint32_t *)b->area.base + index,
                     b->layout.swap ? __builtin_bswap32(half) : half,
                     __ATOMIC_RELAXED);
    return;
  }
  store64((uint64_t *)b->area.base + index,
          b->layout.swap ? __builtin_bswap64(v) : v);
}

static void store_count(struct kcov8i_buffer *b, uint64_t count) {
  __atomic_thread_fence(__ATOMIC_RELEASE); /* entries first */
  store_word(b, 0, count);
}

void kcov8i_append_begin(struct kcov8i_append *a,
                         struct kcov8i_buffer *buffer) {
  const uint64_t capacity = (buffer->size_words - 1) >> buffer->counts;
  a->buffer = buffer;
  a->start = read_word(buffer, 0);
  a->count = a->start;
  a->room = a->start < capacity ? capacity - a->start : 0;
}

void kcov8i_append_put(struct kcov8i_append *a, uint64_t pc, uint32_t count) {
  if (!a->room) {
    kcov8i_buffer_drop(a->buffer);
    return;
  }
  a->room--;
  a->count++;
  if (!a->buffer->counts) {
    store_word(a->buffer, a->count, pc);
    return;
  }
  store_word(a->buffer, 2 * a->count - 1, pc);
  store_word(a->buffer, 2 * a->count, count);
}

/* The common case: words of the host and no counts. */
static bool is_plain(const struct kcov8i_buffer *b) {
  return !b->counts && b->layout.word_bytes == 8 && !b->layout.swap;
}

bool kcov8i_tail_open(struct kcov8i_tail *t, const struct kcov8i_append *a) {
  *t = (struct kcov8i_tail){0};
  if (!is_plain(a->buffer))
    return false;
  if (a->room) { /* else the count may be anything: no address of it */
    t->at = (uint64_t *)a->buffer->area.base + a->count + 1;
    t->end = t->at + a->room;
  }
  return true;
}

void kcov8i_tail_close(const struct kcov8i_tail *t, struct kcov8i_append *a) {
  const uint64_t room = (uint64_t)(t->end - t->at);
  a->buffer->dropped += t->dropped;
  a->count += a->room - room;
  a->room = room;
}

void kcov8i_append_hits(struct kcov8i_append *a, const uint32_t *slots,
                        const struct kcov8i_hit *hits, size_t n_hits) {
  struct kcov8i_tail t;
  if (!kcov8i_tail_open(&t, a)) {
    for (size_t i = 0; i < n_hits; i++)
      kcov8i_append_put(a, kcov8_slot_pc(slots[hits[i].index]), hits[i].count);
    return;
  }
  for (size_t i = 0; i < n_hits; i++)
    kcov8i_tail_put(&t, kcov8_slot_pc(slots[hits[i].index]));
  kcov8i_tail_close(&t, a);
}

/* Of a stock compiler's image, so that schemes differ in nothing else. */
static void append_addresses(struct kcov8i_append *a,
                             const struct kcov8i_image *img,
                             const struct kcov8i_hit *hits, size_t n_hits) {
  struct kcov8i_tail t;
  if (!kcov8i_tail_open(&t, a)) {
    for (size_t i = 0; i < n_hits; i++)
      kcov8i_append_put(a, kcov8i_pc(img, hits[i].index), hits[i].count);
    return;
  }
  for (size_t i = 0; i < n_hits; i++)
    kcov8i_tail_put(&t, kcov8i_pc(img, hits[i].index));
  kcov8i_tail_close(&t, a);
}

void kcov8i_append_image(struct kcov8i_append *a,
                         const struct kcov8i_image *img,
                         const struct kcov8i_hit *hits, size_t n_hits) {
  if (img->stock)
    append_addresses(a, img, hits, n_hits);
  else
    kcov8i_append_hits(a, img->slots, hits, n_hits);
}

void kcov8i_append_end(struct kcov8i_append *a) {
  if (a->count != a->start)
    store_count(a->buffer, a->count);
}

void kcov8i_buffer_reset(struct kcov8i_buffer *buffer) {
  store_word(buffer, 0, 0);
}

/* ---- Comparisons --------------------------------------------------------- */

/*
 * Words of 64 bits here whatever the guest's are, the count too. Guests of
 * 4-byte words have buffers that are aligned to 4 bytes only.
 */
static uint64_t load_wide(const struct kcov8i_buffer *b) {
  const bool big = (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != b->layout.swap;
  if (b->layout.word_bytes == 8)
    return read_word(b, 0);
  return read_word(b, !big) << 32 | read_word(b, big);
}

static void store_wide(struct kcov8i_buffer *b, uint64_t index, uint64_t v) {
  const bool big = (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != b->layout.swap;
  if (b->layout.word_bytes == 8) {
    store_word(b, index, v);
    return;
  }
  store_word(b, 2 * index + big, (uint32_t)v);
  store_word(b, 2 * index + !big, v >> 32);
}

static uint64_t record_capacity(const struct kcov8i_buffer *b) {
  const uint64_t words = b->size_words * b->layout.word_bytes / 8;
  return (words - 1) / KCOV8_CMP_WORDS;
}

static void store_record(struct kcov8i_buffer *b, uint64_t index, uint64_t type,
                         uint64_t arg1, uint64_t arg2, uint64_t pc) {
  const uint64_t at = 1 + index * KCOV8_CMP_WORDS;
  store_wide(b, at, type);
  store_wide(b, at + 1, arg1);
  store_wide(b, at + 2, arg2);
  store_wide(b, at + 3, b->layout.word_bytes == 4 ? (uint32_t)pc : pc);
}

/*
 * The count first, then the record, as Linux does: what interrupts us in
 * between takes the next place.
 */
void kcov8i_buffer_record(struct kcov8i_buffer *b, uint32_t type, uint64_t arg1,
                          uint64_t arg2, uint64_t pc) {
  const uint64_t count = load_wide(b);
  if (count >= record_capacity(b)) {
    kcov8i_buffer_drop(b);
    return;
  }
  store_wide(b, 0, count + 1);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  store_record(b, count, type, arg1, arg2, pc);
}

void kcov8i_buffer_add_records(struct kcov8i_buffer *b, const uint64_t *records,
                               uint64_t n) {
  const uint64_t count = load_wide(b), capacity = record_capacity(b);
  const uint64_t room = count < capacity ? capacity - count : 0;
  const uint64_t fit = n < room ? n : room;
  for (uint64_t i = 0; i < fit; i++, records += KCOV8_CMP_WORDS)
    store_record(b, count + i, records[0], records[1], records[2], records[3]);
  store64(&b->dropped, load64(&b->dropped) + (n - fit));
  if (!fit)
    return;
  __atomic_thread_fence(__ATOMIC_RELEASE); /* entries first */
  store_wide(b, 0, count + fit);
}

void kcov8i_buffer_reset_records(struct kcov8i_buffer *b) {
  store_wide(b, 0, 0);
}

/* ---- What did not fit ---------------------------------------------------- */

uint64_t kcov8i_buffer_dropped(const struct kcov8i_buffer *b) {
  return load64(&b->dropped);
}

void kcov8i_buffer_drop(struct kcov8i_buffer *b) {
  store64(&b->dropped, load64(&b->dropped) + 1);
}
