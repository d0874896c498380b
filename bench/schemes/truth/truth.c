// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * truth.c - adapter: all of what a thread ran, exactly
 *
 * Behind trace-pc-guard in every block. For each thread: how often each block
 * ran, how often each pair of blocks ran one after the other, in 64 bits and
 * without collisions, a hash of the whole path, and one of the order in which
 * blocks first ran. A window is the calling thread's.
 */
#include "../adapters/adapter.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);
void scheme_write(FILE *out);

struct pair {
  uint64_t key; /* previous << 32 | this; 0: free. Guards count from 1. */
  uint64_t count;
};

static uint32_t guards; /* all of them, so the greatest, too */
static uint8_t *bytes;

static _Thread_local struct {
  uint64_t *blocks;   /* by guard; NULL before the thread's first block */
  struct pair *pairs; /* open addressing */
  size_t room, used;  /* of pairs; room is a power of two */
  uint64_t path, first, events;
  uint32_t previous;
} seen;

static void *zeroed(size_t count, size_t size) {
  void *new = calloc(count ? count : 1, size);
  if (!new)
    abort();
  return new;
}

static struct pair *find(struct pair *pairs, size_t room, uint64_t key) {
  size_t at = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (room - 1);
  while (pairs[at].key && pairs[at].key != key)
    at = (at + 1) & (room - 1);
  return &pairs[at];
}

static void grow(void) {
  const size_t room = seen.room ? 2 * seen.room : 1 << 12;
  struct pair *pairs = zeroed(room, sizeof *pairs);
  for (size_t i = 0; i < seen.room; i++)
    if (seen.pairs[i].key)
      *find(pairs, room, seen.pairs[i].key) = seen.pairs[i];
  free(seen.pairs);
  seen.pairs = pairs, seen.room = room;
}

static uint64_t mixed(uint64_t hash, uint32_t block) {
  hash = (hash ^ block) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
  if (start == stop || *start)
    return;
  for (uint32_t *guard = start; guard < stop; guard++)
    *guard = ++guards;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  const uint32_t now = *guard;
  if (!now)
    return; /* a constructor, in front of guard_init */
  if (!seen.blocks)
    seen.blocks = zeroed((size_t)guards + 1, sizeof *seen.blocks);
  if (!seen.blocks[now]++)
    seen.first = mixed(seen.first, now);
  if (2 * seen.used >= seen.room)
    grow();
  struct pair *pair =
      find(seen.pairs, seen.room, (uint64_t)seen.previous << 32 | now);
  seen.used += !pair->key;
  pair->key = (uint64_t)seen.previous << 32 | now;
  pair->count++;
  seen.path = mixed(seen.path, now);
  seen.events++;
  seen.previous = now;
}

struct scheme_map scheme_map(void) {
  if (!bytes)
    bytes = zeroed(guards, 1);
  return (struct scheme_map){bytes, guards};
}

void scheme_reset(void) {
  if (seen.blocks)
    memset(seen.blocks, 0, ((size_t)guards + 1) * sizeof *seen.blocks);
  if (seen.pairs)
    memset(seen.pairs, 0, seen.room * sizeof *seen.pairs);
  seen.used = 0;
  seen.path = seen.first = seen.events = 0;
  seen.previous = 0;
  memset(scheme_map().bytes, 0, guards);
}

/* A byte holds 255 hits: more are in what scheme_write() writes. */
void scheme_collect(void) {
  for (uint32_t i = 0; seen.blocks && i < guards; i++)
    bytes[i] = seen.blocks[i + 1] < 255 ? (uint8_t)seen.blocks[i + 1] : 255;
}

uint64_t scheme_unit(size_t number) { return number; }

static void put(FILE *out, uint64_t a, uint64_t b) {
  const uint64_t words[] = {a, b};
  if (fwrite(words, sizeof words, 1, out) != 1)
    abort();
}

/*
 * 64-bit words: number of blocks, number of pairs, hash of the path, events,
 * hash of first runs, 0; of each block its place in the map and its hits; of
 * each pair the places, those of the one in front << 32 (0: the window's start;
 * so both count from 1), and its hits.
 */
void scheme_write(FILE *out) {
  uint64_t blocks = 0;
  for (uint32_t i = 0; i < guards; i++)
    blocks += bytes[i] != 0;
  put(out, blocks, seen.used);
  put(out, seen.path, seen.events);
  put(out, seen.first, 0);
  for (uint32_t i = 0; i < guards; i++)
    if (bytes[i])
      put(out, i, seen.blocks[i + 1]);
  for (size_t i = 0; i < seen.room; i++)
    if (seen.pairs[i].key)
      put(out, seen.pairs[i].key, seen.pairs[i].count);
}
