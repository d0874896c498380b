/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * lines.h - the loop of the vector sweeps
 */
#ifndef KCOV8_LINES_H
#define KCOV8_LINES_H

#include "sweep/sweep.h"

#pragma GCC visibility push(hidden)

enum {
  KCOV8I_LINE = 64,
  KCOV8I_GROUP = 4 * KCOV8I_LINE,
  KCOV8I_AHEAD = 2048, /* bytes: enough lines under way from the next cache */
};

/*
 * Vector loads race with probes by intent, collect/collect.c has the argument;
 * they cannot be written as atomics, so ThreadSanitizer must not look. All
 * else, the words and every store, is atomic and is looked at.
 */
#if defined(__clang__) || defined(__SANITIZE_THREAD__)
#define KCOV8I_RACY __attribute__((no_sanitize("thread")))
#else
#define KCOV8I_RACY
#endif

/* Bit i: byte i of the 64 at @line, which may lie anywhere, is not zero. */
typedef uint64_t kcov8i_line_fn(const uint8_t *line);

/* How many bits are set. */
typedef size_t kcov8i_popcount_fn(uint64_t mask);

/* Is one of the 256 at @group, aligned to 64, not zero? */
typedef bool kcov8i_group_fn(const uint8_t *group);

/*
 * Adds the places of @mask to @hits, four at a time so that few branches
 * depend on how many there are: @hits needs room for 64. What is written past
 * the end is overwritten by the next.
 */
static inline __attribute__((always_inline)) size_t
kcov8i_note(size_t at, uint64_t mask, struct kcov8i_hit *hits, size_t n_hits,
            kcov8i_popcount_fn *popcount) {
  const size_t n = popcount(mask);
  struct kcov8i_hit *to = hits + n_hits;
  for (size_t done = 0; done < n; done += 4, to += 4)
    for (size_t k = 0; k < 4; k++, mask &= mask - 1)
      to[k].index = (uint32_t)(at + (mask ? (size_t)__builtin_ctzll(mask) : 0));
  return n_hits + n;
}

/*
 * Counts, then zeros, each by a store of its own. Not in one go: a byte load
 * waits for a store just before to another byte of the same word (abi.h). A
 * counter may show zero for a moment when it wraps; that it ran was seen.
 */
static inline void kcov8i_take(uint8_t *bytes, struct kcov8i_hit *hits,
                               size_t n_hits) {
  for (size_t h = 0; h < n_hits; h++) {
    const uint8_t v = __atomic_load_n(&bytes[hits[h].index], __ATOMIC_RELAXED);
    hits[h].count = v + !v;
  }
  for (size_t h = 0; h < n_hits; h++)
    __atomic_store_n(&bytes[hits[h].index], 0, __ATOMIC_RELAXED);
}

/* Less than a line at @i: one read inside the array, with other bits off. */
static inline KCOV8I_RACY uint64_t kcov8i_part(const uint8_t *bytes, size_t n,
                                               size_t i, size_t length,
                                               kcov8i_line_fn *line) {
  const size_t from = i < n - KCOV8I_LINE ? i : n - KCOV8I_LINE;
  const uint64_t mask = line(bytes + from) >> (i - from);
  return length < KCOV8I_LINE ? mask & ((UINT64_C(1) << length) - 1) : mask;
}

/*
 * Skips groups of zeros, and notes those lines of the next group that are not,
 * without a branch for each: a mispredicted branch costs more than reading
 * several lines. To be inlined into a function that is compiled for the CPU in
 * question.
 */
static inline __attribute__((always_inline)) KCOV8I_RACY size_t
kcov8i_sweep_lines(uint8_t *bytes, size_t n, size_t *pos,
                   struct kcov8i_hit *hits, kcov8i_line_fn *line,
                   kcov8i_group_fn *group, kcov8i_popcount_fn *popcount) {
  size_t i = *pos, n_hits = 0;

  if (n < KCOV8I_LINE)
    return kcov8i_sweep_words(bytes, n, pos, hits);
  while (i < n && n_hits + KCOV8I_LINE <= KCOV8I_BATCH) {
    const size_t ahead = (uintptr_t)(bytes + i) % KCOV8I_LINE;
    if (ahead || n - i < KCOV8I_GROUP) {
      size_t length = KCOV8I_LINE - ahead;
      if (length > n - i)
        length = n - i;
      n_hits = kcov8i_note(i, kcov8i_part(bytes, n, i, length, line), hits,
                           n_hits, popcount);
      i += length;
      continue;
    }
    for (; n - i >= KCOV8I_GROUP; i += KCOV8I_GROUP) {
      for (size_t l = 0; l < KCOV8I_GROUP; l += KCOV8I_LINE)
        __builtin_prefetch(bytes + i + KCOV8I_AHEAD + l);
      if (group(bytes + i))
        break;
    }
    if (n - i < KCOV8I_GROUP)
      continue;
    size_t n_lines = 0, places[4], l = 0;
    uint64_t masks[4];
    for (const size_t end = i + KCOV8I_GROUP; i < end; i += KCOV8I_LINE) {
      places[n_lines] = i;
      masks[n_lines] = line(bytes + i);
      n_lines += masks[n_lines] != 0;
    }
    for (; l < n_lines && n_hits + KCOV8I_LINE <= KCOV8I_BATCH; l++)
      n_hits = kcov8i_note(places[l], masks[l], hits, n_hits, popcount);
    if (l < n_lines)
      i = places[l];
  }
  kcov8i_take(bytes, hits, n_hits);
  *pos = i;
  return n_hits;
}

#pragma GCC visibility pop

#endif /* KCOV8_LINES_H */
