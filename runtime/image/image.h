/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * image.h - from the tables of an image to PCs
 *
 * table.c reads and checks, pc.c gives PCs; stock.c does both for images of
 * stock compilers; implied.c, summary.c and unary.c keep what `prune`,
 * `summary` and `probe=unary` need at a flush.
 */
#ifndef KCOV8_IMAGE_H
#define KCOV8_IMAGE_H

#include "base/base.h"
#include "sweep/sweep.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- table.c: one image's tables ----------------------------------------- */

/* Where a field of a record points, which is relative to the field itself. */
static inline uintptr_t kcov8i_target(const int32_t *field) {
  return (uintptr_t)field + (uintptr_t)(intptr_t)*field;
}

#define KCOV8I_NO_SLOT UINT32_MAX /* a counter byte that no record owns */

/* An image's tables after the first checks. */
struct kcov8i_table {
  uint8_t *counters;
  size_t n_counters;
  size_t n_implied;
  const struct kcov8_func *funcs;
  size_t n_funcs;
  size_t n_blocks; /* @n_implied among them */
  bool has_cmp;
  bool has_unary;
  bool ordered; /* all functions */
  bool per_task;
  bool segment;
  intptr_t *(*delta_at)(void);
  const struct kcov8i_stock *stock; /* NULL: the pass made it */
};

/**
 * struct kcov8i_witness - a counter, as the flush of a pruned image wants it:
 * all in one line of cache
 * @slot:  as in @slots of the image
 * @first: where its rules begin; they end where the next one's begin
 */
struct kcov8i_witness {
  uint32_t slot, first;
};

/**
 * struct kcov8i_rule - what a hit of a witness implies
 * @block: without a counter, from 0
 * @slot:  of this block
 */
struct kcov8i_rule {
  uint32_t block, slot;
};

/**
 * struct kcov8i_implied - which blocks a hit stands for besides its own
 * @n_rules:   0: none, and all pointers are NULL
 * @witnesses: by counter; one more at the end
 * @rules:     @n_rules, by witness
 * @seen:      for flushes of the image's own counters
 */
struct kcov8i_implied {
  size_t n_rules;
  struct kcov8i_witness *witnesses;
  struct kcov8i_rule *rules;
  uint64_t *seen;
};

/* Counters [begin, end) of an image. */
struct kcov8i_piece {
  uint32_t begin, end;
};

/**
 * struct kcov8i_summary - marks of an image; all zero if it has none
 * @pieces: by mark
 * @gaps:   @n_gaps stretches with counters that no mark is for, ascending
 * @bytes:  allocated for both
 */
struct kcov8i_summary {
  uint8_t *marks;
  size_t n_marks;
  struct kcov8i_piece *pieces;
  struct kcov8i_piece *gaps;
  size_t n_gaps;
  size_t bytes;
};

/**
 * struct kcov8i_image - an image that has PCs
 *
 * Comparisons and flushes of single files look @counters, @n_counters and
 * @slots up without the lock: the list only grows, images stay, @next and
 * @counters are stored with release. What belongs to loaded images only stays
 * while there is a copy of their counters: those go first.
 *
 * @next:        in order of preparation; the order of every delivery
 * @desc:        NULL once unloaded: its slots stay reserved ("ghost")
 * @counters:    NULL once unloaded
 * @n_counters:  bytes
 * @n_indexes:   the length of every array below: counters by their place, then
 *               blocks without one, in the order of records
 * @n_blocks:    indexes that a function record owns
 * @fingerprint: of all IDs and their places; tells the same image again.
 *               Once it is asked for, or the image goes: @has_fingerprint
 * @slots:       KCOV8I_NO_SLOT for bytes that no record owns; NULL: each index
 * is its own
 * @stock:       its PCs are addresses: @pc_base + slot, below @pc_end
 * @pc_shift:    what was added to addresses, as another image has them, too
 * @ids, @moved: for harvests, NULL until needed: final block IDs; non-zero if
 *               the slot is not the one that the image alone would have
 * @kept:        for harvests, NULL until needed: counts swept, but not yet
 *               harvested
 * @unary:       a bit per counter: is its probe KCOV8_PROBE_UNARY? NULL: none
 * @implied:     rules of pruned functions
 * @summary:     while the image is loaded
 * @per_task:    tasks that trace have a copy of the counters (task/view.c)
 * @segment:     reached through the base of gs
 * @ordered:     all that can be hit in a copy is in the list of task/order.c
 * @said_stray:  a hit on a byte without owner was reported
 * @digest, @name: for dumps, once unloaded: registry.h
 */
struct kcov8i_image {
  struct kcov8i_image *next;
  struct kcov8_image *desc;
  uint8_t *counters;
  size_t n_counters;
  size_t n_indexes;
  size_t n_blocks;
  uint64_t fingerprint;
  bool has_fingerprint;
  uint32_t *slots;
  bool stock;
  uint64_t pc_base, pc_end, pc_shift;
  uint64_t *ids;
  uint8_t *moved;
  uint8_t *kept;
  uint8_t *unary;
  struct kcov8i_implied implied;
  struct kcov8i_summary summary;
  bool per_task;
  bool segment;
  bool ordered;
  bool said_stray;
  uint64_t digest;
  char *name;
};

/* The list, without the lock. */
static inline struct kcov8i_image *kcov8i_first_image(void) {
  return __atomic_load_n(&kcov8i.images, __ATOMIC_ACQUIRE);
}

static inline struct kcov8i_image *
kcov8i_next_image(const struct kcov8i_image *img) {
  return __atomic_load_n(&img->next, __ATOMIC_ACQUIRE);
}

/* Of a block that some record owns. */
static inline uint64_t kcov8i_pc(const struct kcov8i_image *img, size_t index) {
  if (!img->slots)
    return img->pc_base + index;
  return img->stock ? img->pc_base + img->slots[index]
                    : kcov8_slot_pc(img->slots[index]);
}

/* Checks all but overlaps. -ENODEV, with the reason logged, or 0. */
int kcov8i_table_read(const struct kcov8_image *desc, struct kcov8i_table *t);

/*
 * Where the probes of this thread find their list of first hits, if the image
 * has a variable for it.
 */
static inline void **kcov8i_order_at(const struct kcov8_image *desc) {
  return desc->size >= sizeof(*desc) && desc->order_at ? desc->order_at()
                                                       : NULL;
}

/*
 * Fills in @img->slots (allocated by the caller), yielding to all images in the
 * registry. -ENODEV (overlap or no room, logged) or
 * -ENOMEM.
 */
int kcov8i_table_number(const struct kcov8i_table *t, struct kcov8i_image *img);

/* Allocates and fills in @img->ids, @moved and @kept. 0 or -ENOMEM. */
int kcov8i_table_identify(struct kcov8i_image *img);

/* Of a record that has been checked: its keys, its rules, its counters. */
const uint32_t *kcov8i_table_keys(const struct kcov8_func *f);
uint32_t kcov8i_table_n_rules(const struct kcov8_func *f);
const uint32_t *kcov8i_table_rules(const struct kcov8_func *f);
uint32_t kcov8i_table_n_counters(const struct kcov8_func *f);

/*
 * Records one after the other, from index 0 on: indexes of their blocks.
 * @f:       the record, NULL before the first
 * @implied: index of its first block without a counter
 */
struct kcov8i_records {
  const struct kcov8i_table *t;
  const struct kcov8_func *f;
  size_t implied;
};

bool kcov8i_next_record(struct kcov8i_records *r);
size_t kcov8i_record_index(const struct kcov8i_records *r, uint32_t block);

/* abi.h, "Fingerprint"; of all IDs and their places. */
uint64_t kcov8i_table_fingerprint(const struct kcov8i_table *t);

/* Makes sure of @img->fingerprint, while the image is loaded. */
void kcov8i_table_take_fingerprint(struct kcov8i_image *img);

/*
 * Of the bytes of the tables (record.h). They need not be checked, but each
 * ends behind where it begins.
 */
uint64_t kcov8i_table_digest(const struct kcov8_image *desc);

/* ---- stock.c: images of stock compilers ---------------------------------- */

#define KCOV8I_ABI_STOCK UINT32_MAX /* in no object */

/**
 * struct kcov8i_stock - an image whose blocks are named by their addresses
 * @desc:  its counters; its other tables are empty, its ABI KCOV8I_ABI_STOCK
 * @pcs:   first and one past last entry of SanitizerCoverage's pc-table: two
 *         words each, address and flags. NULL: there is none
 * @step:  bytes of counters to an entry; the first of them counts
 * @code:  without a table: counter i is that of code address @code + i; or 0
 * @begin: all of the image's memory; both 0: unknown
 * @bias:  address in memory - address in the file
 */
struct kcov8i_stock {
  struct kcov8i_stock *next;
  struct kcov8_image desc;
  const uintptr_t *pcs[2];
  unsigned int step;
  uintptr_t code;
  uintptr_t begin, end, bias;
};

/* NULL if the pass made it. */
const struct kcov8i_stock *kcov8i_stock_of(const struct kcov8_image *desc);

/* What is wrong with its tables, " ..." behind their lengths; NULL: nothing. */
const char *kcov8i_stock_check(const struct kcov8i_stock *s);

/* As kcov8i_table_read(), _number(), _identify(), _digest() and _fingerprint()
 */
int kcov8i_stock_read(const struct kcov8i_stock *s, struct kcov8i_table *t);
int kcov8i_stock_number(const struct kcov8i_stock *s, struct kcov8i_image *img);
void kcov8i_stock_identify(const struct kcov8i_stock *s,
                           struct kcov8i_image *img);
uint64_t kcov8i_stock_digest(const struct kcov8i_stock *s);

/* ---- summary.c: where counters may have been hit ----------------------- */

/* The marks that probes set, used or not; 0: there are none. */
size_t kcov8i_summary_marks(const struct kcov8_image *desc, uint8_t **marks);

/* Fills in @img->summary if there are marks to be used. 0 or -ENOMEM. */
int kcov8i_summary_build(struct kcov8i_image *img);
void kcov8i_summary_free(struct kcov8i_image *img);

/* As kcov8i_sweep(), of marks; then the counters of @hits may be read. */
size_t kcov8i_summary_take(uint8_t *marks, size_t n_marks, size_t *pos,
                           struct kcov8i_hit *hits);

/* ---- unary.c: counts of unary probes ------------------------------------- */

/* Fills in @img->unary. 0 or -ENOMEM. */
int kcov8i_unary_build(const struct kcov8i_table *t, struct kcov8i_image *img);
void kcov8i_unary_free(struct kcov8i_image *img);

/* From bytes to counts, those that are unary. Only with @img->unary. */
void kcov8i_unary_decode(const struct kcov8i_image *img,
                         struct kcov8i_hit *hits, size_t n_hits);

/* ---- implied.c: blocks without probes ------------------------------------ */

/* Hit counts stop at 255. */
static inline void kcov8i_add_count(uint8_t *byte, uint32_t count) {
  const uint32_t sum = *byte + count;
  *byte = (uint8_t)(sum > UINT8_MAX ? UINT8_MAX : sum);
}

/* Fills in @img->implied, after @slots. 0 or -ENOMEM. */
int kcov8i_implied_build(const struct kcov8i_table *t,
                         struct kcov8i_image *img);
void kcov8i_implied_free(struct kcov8i_image *img);

#define KCOV8I_SEEN_LINE 512 /* blocks, in 64 bytes */

/*
 * Which implied blocks a flush has reported: of whoever flushes, one flush at a
 * time. All clear between two. NULL: no memory; only with @n_rules > 0.
 */
uint64_t *kcov8i_seen_alloc(const struct kcov8i_image *img);
void kcov8i_seen_free(const struct kcov8i_image *img, uint64_t *seen);
void kcov8i_seen_clear(const struct kcov8i_image *img, uint64_t *seen);

/* Is @block, from 0, not in @seen, which has @marks words ahead? Then it is. */
static inline bool kcov8i_seen_add(uint64_t *seen, size_t marks,
                                   uint32_t block) {
  const uint64_t bit = UINT64_C(1) << block % 64;
  uint64_t *const word = &seen[marks + block / 64];
  if (*word & bit)
    return false;
  *word |= bit;
  const uint32_t line = block / KCOV8I_SEEN_LINE;
  seen[line / 64] |= UINT64_C(1) << line % 64;
  return true;
}

/* That many. */
static inline size_t kcov8i_seen_marks(const struct kcov8i_image *img) {
  const size_t n_implied = img->n_indexes - img->n_counters;
  return (n_implied / KCOV8I_SEEN_LINE + 1) / 64 + 1;
}

#pragma GCC visibility pop

#endif /* KCOV8_IMAGE_H */
