// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * hits.c - ranges, since blocks that ran lie side by side
 *
 * Gaps and lengths of ranges are mostly 1 to 10. In the bytes each is an
 * Exp-Golomb code (as in H.264), of an order that the set chooses.
 */
#include "index/hits.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/search.h"
#include "base/tool.h"

static uint64_t end_of(const struct hit_range *r) { return r->first + r->n; }

/* At or behind the first counter of the last range. */
static void append(struct hits *h, uint64_t first, uint64_t n) {
  if (h->n && first <= end_of(&h->ranges[h->n - 1])) {
    struct hit_range *last = &h->ranges[h->n - 1];
    if (first + n > end_of(last))
      last->n = first + n - last->first;
    return;
  }
  h->ranges = vec_push(h->ranges, &h->n, &h->cap, sizeof(*h->ranges));
  h->ranges[h->n - 1] = (struct hit_range){first, n};
}

void hits_add(struct hits *h, uint64_t first, uint64_t n) {
  struct hit_range range = {first, n};
  if (!n)
    return;
  if (!h->n || first >= h->ranges[h->n - 1].first)
    append(h, first, n);
  else
    hits_union(h, &(struct hits){&range, 1, 1});
}

void hits_union(struct hits *h, const struct hits *more) {
  struct hits sum = {0};
  for (size_t i = 0, j = 0; i < h->n || j < more->n;) {
    bool own = j == more->n ||
               (i < h->n && h->ranges[i].first <= more->ranges[j].first);
    const struct hit_range *r = own ? &h->ranges[i++] : &more->ranges[j++];
    append(&sum, r->first, r->n);
  }
  hits_free(h);
  *h = sum;
}

static bool ends_before(const void *range, const void *index) {
  return end_of(range) <= *(const uint64_t *)index;
}

bool hits_contains(const struct hits *h, uint64_t index) {
  size_t i =
      lower_bound(h->ranges, h->n, sizeof(*h->ranges), ends_before, &index);
  return i < h->n && h->ranges[i].first <= index;
}

uint64_t hits_count(const struct hits *h) {
  uint64_t n = 0;
  for (size_t i = 0; i < h->n; i++)
    n += h->ranges[i].n;
  return n;
}

/* ---- To bytes ------------------------------------------------------------ */

/* The first byte: this form, and the orders. */
enum { FORM = 0x80, FORM_MASK = 0xc0, ORDER_BITS = 3, N_ORDERS = 8 };

/* Bits on their way, from the top of @acc on. */
struct bit_writer {
  struct byte_buffer *to;
  uint64_t acc;
  unsigned int n;
};

static unsigned int length_of(uint64_t v) {
  return 64 - (unsigned int)__builtin_clzll(v);
}

/* @n up to 56. */
static void put_bits(struct bit_writer *w, uint64_t bits, unsigned int n) {
  for (; n && w->n + n >= 8;) {
    unsigned int take = 8 - w->n;
    uint8_t byte =
        (uint8_t)(w->acc | (bits >> (n - take) & ((1u << take) - 1)));
    bytes_put(w->to, &byte, 1);
    n -= take;
    w->acc = 0;
    w->n = 0;
  }
  if (n) {
    w->acc |= (bits & ((1u << n) - 1)) << (8 - w->n - n);
    w->n += n;
  }
}

static void put_code(struct bit_writer *w, uint64_t v, unsigned int order) {
  uint64_t u = (v >> order) + 1;
  put_bits(w, 0, length_of(u) - 1);
  put_bits(w, u, length_of(u));
  put_bits(w, v, order);
}

/* Of a set: what is coded of range @i. */
static uint64_t gap_of(const struct hits *h, size_t i) {
  return i ? h->ranges[i].first - end_of(&h->ranges[i - 1]) - 1
           : h->ranges[0].first;
}

static uint64_t length_less_1(const struct hits *h, size_t i) {
  return h->ranges[i].n - 1;
}

static unsigned int best_order(const struct hits *h,
                               uint64_t (*of)(const struct hits *h, size_t i)) {
  uint64_t bits[N_ORDERS] = {0};
  unsigned int best = 0;
  for (size_t i = 0; i < h->n; i++)
    for (unsigned int k = 0; k < N_ORDERS; k++)
      bits[k] += 2 * length_of((of(h, i) >> k) + 1) + k;
  for (unsigned int k = 1; k < N_ORDERS; k++)
    if (bits[k] < bits[best])
      best = k;
  return best;
}

void hits_encode(const struct hits *h, struct byte_buffer *to) {
  if (!h->n)
    return;
  struct bit_writer w = {.to = to};
  unsigned int gaps = best_order(h, gap_of),
               lengths = best_order(h, length_less_1);
  put_bits(&w, FORM | gaps << ORDER_BITS | lengths, 8);
  for (size_t i = 0; i < h->n; i++) {
    put_code(&w, gap_of(h, i), gaps);
    put_code(&w, length_less_1(h, i), lengths);
  }
  if (w.n)
    put_bits(&w, 0, 8 - w.n);
}

/* ---- From bytes ---------------------------------------------------------- */

/* @n bits that have been read, at the top of @acc. */
struct bit_reader {
  const uint8_t *p, *end;
  uint64_t acc;
  unsigned int n;
  bool bad;
};

/* At least 56 bits, if there are as many. */
static inline void fill(struct bit_reader *r) {
  if (r->end - r->p >= 8) {
    r->acc |= read_u64(r->p, true) >> r->n;
    r->p += (63 - r->n) / 8;
    r->n |= 56;
    return;
  }
  for (; r->n < 56 && r->p != r->end; r->n += 8)
    r->acc |= (uint64_t)*r->p++ << (56 - r->n);
}

/* @n up to 56. */
static uint64_t take_bits(struct bit_reader *r, unsigned int n) {
  fill(r);
  if (n > r->n) {
    r->bad = true;
    return 0;
  }
  uint64_t v = r->acc >> 1 >> (63 - n);
  r->acc <<= n;
  r->n -= n;
  return v;
}

/* No more code begins: nothing is left but what fills the last byte. */
static inline bool at_end(struct bit_reader *r) {
  fill(r);
  return r->n < 8 && !(r->acc >> 1 >> (63 - r->n));
}

static uint64_t take_long_code(struct bit_reader *r, unsigned int order) {
  enum { LONGEST = 55 }; /* of what take_bits() can take */
  fill(r);
  unsigned int zeros = r->acc ? (unsigned int)__builtin_clzll(r->acc) : 64;
  if (zeros > LONGEST || zeros >= r->n) {
    r->bad = true;
    return 0;
  }
  r->acc <<= zeros;
  r->n -= zeros;
  uint64_t u = take_bits(r, zeros + 1);
  return (u - 1) << order | take_bits(r, order);
}

/* Nearly all are short: one shift has zeros, u and the low bits. */
static inline uint64_t take_code(struct bit_reader *r, unsigned int order) {
  unsigned int size = 2 * (unsigned int)__builtin_clzll(r->acc | 1) + 1 + order;
  if (size > r->n) /* which is below 64 */
    return take_long_code(r, order);
  uint64_t v = (r->acc >> (64 - size)) - (UINT64_C(1) << order);
  r->acc <<= size;
  r->n -= size;
  return v;
}

/* ---- Ranges -------------------------------------------------------------- */

/*
 * Most ranges have few bits. By the next PEEK: the range's two numbers, and how
 * many bits they are; 0: more than that.
 */
enum { PEEK = 11 };
struct short_range {
  uint16_t gap, length;
  uint8_t size;
};

/* Of two orders, made when the first set has them. */
static const struct short_range *short_ranges(unsigned int gaps,
                                              unsigned int lengths) {
  static struct short_range *tables[N_ORDERS][N_ORDERS];
  struct short_range *table = tables[gaps][lengths];
  if (table)
    return table;
  table = tables[gaps][lengths] = xcalloc(1 << PEEK, sizeof(*table));
  for (uint64_t bits = 0; bits < 1 << PEEK; bits++) {
    struct bit_reader r = {.acc = bits << (64 - PEEK), .n = PEEK};
    uint64_t gap = take_code(&r, gaps);
    uint64_t length = r.bad ? 0 : take_code(&r, lengths);
    if (!r.bad)
      table[bits] = (struct short_range){(uint16_t)gap, (uint16_t)length,
                                         (uint8_t)(PEEK - r.n)};
  }
  return table;
}

/**
 * struct walk - through a set
 * @next:  counter behind the last range
 * @apart: how far the next one is from there at least
 */
struct walk {
  uint64_t next, apart, n_counters;
  void (*run)(void *to, uint64_t first, uint64_t n, uint32_t value);
  void *to;
};

/* False if it is outside of the image. */
static inline bool walk_range(struct walk *w, uint64_t gap, uint64_t length) {
  const uint64_t left = w->n_counters - w->next;
  gap += w->apart;
  length++;
  if (gap > left || length > left - gap)
    return false;
  if (w->run)
    w->run(w->to, w->next + gap, length, 1);
  w->next += gap + length;
  w->apart = 1;
  return true;
}

bool hits_runs(const void *bytes, size_t n, uint64_t n_counters,
               void (*run)(void *to, uint64_t first, uint64_t n,
                           uint32_t value),
               void *to) {
  if (!n)
    return true;
  const uint8_t *p = bytes;
  struct bit_reader r = {.p = p, .end = p + n};
  struct walk w = {.n_counters = n_counters, .run = run, .to = to};
  uint64_t form = take_bits(&r, 8);
  unsigned int gaps = form >> ORDER_BITS & (N_ORDERS - 1),
               lengths = form & (N_ORDERS - 1);
  if ((form & FORM_MASK) != FORM)
    return false;
  const struct short_range *table = short_ranges(gaps, lengths);
  while (!at_end(&r)) {
    const struct short_range *s;
    bool ok = true;
    while (ok && r.n >= PEEK && (s = &table[r.acc >> (64 - PEEK)])->size) {
      r.acc <<= s->size;
      r.n -= s->size;
      ok = walk_range(&w, s->gap, s->length);
    }
    /* A longer one; or the last ones, which are no more than PEEK bits. */
    if (ok && !at_end(&r) &&
        (r.n < PEEK || !table[r.acc >> (64 - PEEK)].size)) {
      uint64_t gap = take_code(&r, gaps);
      fill(&r);
      uint64_t length = take_code(&r, lengths);
      ok = !r.bad && walk_range(&w, gap, length);
    }
    if (!ok)
      return false;
  }
  return true;
}

static void take_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct hits *h = to;
  if (value)
    append(h, first, n);
}

bool hits_decode(struct hits *h, const void *bytes, size_t n,
                 uint64_t n_counters) {
  return hits_runs(bytes, n, n_counters, take_run, h);
}

void hits_free(struct hits *h) {
  free(h->ranges);
  *h = (struct hits){0};
}
