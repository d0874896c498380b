/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * pc.c - PC slots from block IDs
 *
 * The one implementation of abi.h's "Collisions inside one image"; the tool
 * links it too, so it needs no port hook and no lock, and the caller supplies
 * all memory. Sorting is by stable radix passes: linear, no recursion, 4 KiB of
 * stack.
 */
#include "image/pc.h"

#include <kcov8/abi.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);

enum { RADIX_BITS = 8, RADIX = 1 << RADIX_BITS, DIGITS = 4, FEW = 16 };

/* Turns digit counts into start positions; false if one digit has them all. */
static int starts(uint32_t *at, size_t n) {
  uint32_t sum = 0;
  for (size_t d = 0; d < RADIX; d++) {
    const uint32_t count = at[d];
    if (count == n)
      return 0;
    at[d] = sum;
    sum += count;
  }
  return 1;
}

/* Ascending by 32 bits of the ID from @low; stable. */
static void sort_half(struct kcov8i_id *v, size_t n, struct kcov8i_id *scratch,
                      unsigned int low) {
  struct kcov8i_id *from = v, *to = scratch;
  uint32_t at[DIGITS][RADIX] = {{0}};
  for (size_t i = 0; i < n; i++)
    for (unsigned int d = 0; d < DIGITS; d++)
      at[d][v[i].id >> (low + d * RADIX_BITS) & (RADIX - 1)]++;
  for (unsigned int d = 0; d < DIGITS; d++) {
    const unsigned int shift = low + d * RADIX_BITS;
    if (!starts(at[d], n))
      continue;
    for (size_t i = 0; i < n; i++)
      to[at[d][from[i].id >> shift & (RADIX - 1)]++] = from[i];
    struct kcov8i_id *const swap = from;
    from = to;
    to = swap;
  }
  if (from != v)
    memcpy(v, from, n * sizeof(*v));
}

/* Ascending; equal IDs stay in the order they were in. */
static void sort_few(struct kcov8i_id *v, size_t n) {
  for (size_t i = 1; i < n; i++) {
    const struct kcov8i_id x = v[i];
    size_t k = i;
    for (; k > 0 && v[k - 1].id > x.id; k--)
      v[k] = v[k - 1];
    v[k] = x;
  }
}

/*
 * Ascending by ID; equal IDs stay in the order they were in. IDs are hashes:
 * their high halves tell nearly all of them apart.
 */
static void sort_ids(struct kcov8i_id *v, size_t n, struct kcov8i_id *scratch) {
  sort_half(v, n, scratch, 32);
  for (size_t i = 0, end; i < n; i = end) {
    const uint64_t high = v[i].id >> 32;
    for (end = i + 1; end < n && v[end].id >> 32 == high;)
      end++;
    if (end - i > FEW)
      sort_half(v + i, end - i, scratch + i, 0);
    else
      sort_few(v + i, end - i);
  }
}

void kcov8i_sort_slots(uint32_t *v, size_t n, uint32_t *scratch) {
  uint32_t *from = v, *to = scratch;
  for (unsigned int shift = 0; shift < 32; shift += RADIX_BITS) {
    uint32_t at[RADIX] = {0};
    for (size_t i = 0; i < n; i++)
      at[(from[i] >> shift) % RADIX]++;
    if (!starts(at, n))
      continue;
    for (size_t i = 0; i < n; i++)
      to[at[(from[i] >> shift) % RADIX]++] = from[i];
    uint32_t *const swap = from;
    from = to;
    to = swap;
  }
  if (from != v)
    memcpy(v, from, n * sizeof(*v));
}

/* Sorted @v: renames all but the first of each run of equal IDs. */
static int rename_duplicates(struct kcov8i_id *v, size_t n) {
  int renamed = 0;
  for (size_t i = 0; i < n;) {
    const uint64_t id = v[i].id;
    uint32_t ordinal = 0;
    while (++i < n && v[i].id == id) {
      v[i].id = kcov8_block_id(id, ++ordinal);
      renamed = 1;
    }
  }
  return renamed;
}

void kcov8i_assign_slots(struct kcov8i_id *v, size_t n,
                         struct kcov8i_id *scratch) {
  for (size_t i = 0; i < n; i++)
    v[i].index = (uint32_t)i;
  sort_ids(v, n, scratch);
  /*
   * A renamed ID may meet one that is there (odds: 2^-64 a pair): go again,
   * from table order, so that ties are broken by it. The set that comes out
   * does not depend on who is first. It ends unless the table holds a whole
   * cycle of the renaming, a bijection on 2^64 values.
   */
  while (rename_duplicates(v, n)) {
    for (size_t i = 0; i < n; i++)
      scratch[v[i].index] = v[i];
    memcpy(v, scratch, n * sizeof(*v));
    sort_ids(v, n, scratch);
  }

  uint32_t next = 0; /* < 2 * KCOV8_PC_SLOTS: no overflow */
  for (size_t i = 0; i < n; i++) {
    const uint32_t preferred = kcov8_id_slot(v[i].id);
    v[i].slot = preferred > next ? preferred : next;
    next = v[i].slot + 1;
  }
  uint32_t end = KCOV8_PC_SLOTS;
  for (size_t i = n; i-- > 0 && v[i].slot >= end;)
    v[i].slot = --end;
}

/*
 * Moves upwards: the lowest free slot above its own for each block in turn.
 * Free slots are searched in one pass over old and taken, since each search
 * starts where the last one ended. Returns how many moved, and in @rest the
 * first element that found no free slot (@n: none).
 */
static size_t yield_up(struct kcov8i_id *v, size_t n,
                       const struct kcov8i_id *old, const uint32_t *taken,
                       size_t n_taken, size_t *rest) {
  size_t moved = 0, t = 0, own = 0, other = 0;
  uint32_t next = 0;
  *rest = n;
  for (size_t i = 0; i < n; i++) {
    while (t < n_taken && taken[t] < old[i].slot)
      t++;
    if (t == n_taken)
      break;
    if (taken[t] != old[i].slot)
      continue;
    if (next <= old[i].slot)
      next = old[i].slot + 1;
    for (;; next++) {
      while (own < n && old[own].slot < next)
        own++;
      while (other < n_taken && taken[other] < next)
        other++;
      if ((own == n || old[own].slot != next) &&
          (other == n_taken || taken[other] != next))
        break;
    }
    if (next >= KCOV8_PC_SLOTS) {
      *rest = i;
      break;
    }
    v[i].slot = next++;
    moved++;
  }
  return moved;
}

/* Moves the blocks from @rest on, for which yield_up() found nothing, down. */
static size_t yield_down(struct kcov8i_id *v, size_t n,
                         const struct kcov8i_id *old, const uint32_t *taken,
                         size_t n_taken, size_t rest) {
  size_t moved = 0, t = n_taken, own = n, up = rest, other = n_taken;
  uint32_t end = KCOV8_PC_SLOTS; /* everything from here on is in use */
  for (size_t i = n; i-- > rest;) {
    while (t > 0 && taken[t - 1] > old[i].slot)
      t--;
    if (t == 0 || taken[t - 1] != old[i].slot)
      continue;
    for (; end > 0; end--) {
      const uint32_t slot = end - 1;
      while (own > 0 && old[own - 1].slot > slot)
        own--;
      while (other > 0 && taken[other - 1] > slot)
        other--;
      /* What yield_up() gave away ascends, too. */
      while (up > 0 &&
             (v[up - 1].slot == old[up - 1].slot || v[up - 1].slot > slot))
        up--;
      if ((own == 0 || old[own - 1].slot != slot) &&
          (other == 0 || taken[other - 1] != slot) &&
          (up == 0 || v[up - 1].slot != slot))
        break;
    }
    if (end == 0) /* the caller broke the rule on n + n_taken */
      break;
    v[i].slot = --end;
    moved++;
  }
  return moved;
}

size_t kcov8i_yield_slots(struct kcov8i_id *v, size_t n, struct kcov8i_id *old,
                          const uint32_t *taken, size_t n_taken) {
  size_t rest;
  memcpy(old, v, n * sizeof(*v));
  const size_t moved = yield_up(v, n, old, taken, n_taken, &rest);
  return moved + yield_down(v, n, old, taken, n_taken, rest);
}
