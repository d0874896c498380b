/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * match.h - which function and block of an old build is which of a new one
 *
 * By ID where there is one, then by weaker evidence, in tiers. No block or
 * function of the new build is taken twice.
 */
#ifndef KCOV8_MATCH_H
#define KCOV8_MATCH_H

#include <kcov8/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

#define NO_MATCH UINT32_MAX

/* How a block was found again; better ones first. */
enum tier {
  TIER_SAME,    /* the same ID, in a function of the same code */
  TIER_EXACT,   /* the same ID */
  TIER_MOVED,   /* the same key, in the function of that name elsewhere */
  TIER_RENAMED, /* the same key, in a function of nearly the same keys */
  TIER_LINES,   /* in the function, on the lines where it must be now */
  TIER_ORDER,   /* in the function, between the same blocks */
  N_TIERS,
};

/**
 * struct tier_info - what a tier is worth
 * @confidence: share of its blocks that were right where that was measured
 *              (docs/ids.md, "Carrying coverage to a new build")
 * @usual: good enough if nobody asks for more or less
 */
struct tier_info {
  const char *name;
  double confidence;
  bool usual;
};

extern const struct tier_info tiers[N_TIERS];

/* Which function is which. */
enum twin {
  TWIN_NONE,
  TWIN_HASH,    /* the same hash: name, path, unit */
  TWIN_MOVED,   /* the same name */
  TWIN_RENAMED, /* nearly the same keys, or the same code */
};

/**
 * struct match - from build @from to build @to
 * @funcs:  by function of @from: that of @to, or NO_MATCH
 * @twins:  likewise: enum twin
 * @to_funcs: the reverse of @funcs
 * @blocks: by block of @from: that of @to, or NO_MATCH
 * @tiers:  likewise: enum tier, N_TIERS without one
 * @to_blocks: the reverse of @blocks
 */
struct match {
  const struct image *from, *to;
  uint32_t *funcs, *to_funcs, *blocks, *to_blocks;
  uint8_t *twins, *tiers;
};

void match_make(struct match *m, const struct image *from,
                const struct image *to);
void match_free(struct match *m);

/*
 * match_kept() - whether function @func of from has the same hash, blocks of
 * the same IDs, and the same code in the new build
 */
bool match_kept(const struct match *m, uint32_t func);

/* ---- Parts, called by match_make() in this order ------------------------- */

/* A function of the new build for each of the old one that has one. */
void match_funcs(struct match *m);

/* Blocks of the same ID, or the same key in a twin of another hash. */
void match_keys(struct match *m);

/* The others, where they stand. */
struct line_map;
void match_lines(struct match *m, const struct line_map *map);
void match_order(struct match *m, const struct line_map *map);

/* @block of from is @to_block; both are still free. */
static inline void match_pair(struct match *m, uint32_t block,
                              uint32_t to_block, enum tier tier) {
  m->blocks[block] = to_block;
  m->to_blocks[to_block] = block;
  m->tiers[block] = (uint8_t)tier;
}

/* By one compiler, that is; of two, code is hardly ever the same. */
static inline bool same_code(const struct func *f, const struct func *g) {
  return f->code && f->code == g->code && f->n_blocks == g->n_blocks;
}

/* Whether the block can run: the optimiser did not remove it. */
static inline bool match_runs(const struct image *img, uint32_t block) {
  return !(img->blocks[block].flags & KCOV8_BLOCK_REMOVED);
}

#endif /* KCOV8_MATCH_H */
