/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * collect.h - from hits to entries of a cover buffer
 *
 * collect.c empties counters, pending.c keeps what is for others, buffer.c
 * appends.
 */
#ifndef KCOV8_COLLECT_H
#define KCOV8_COLLECT_H

#include "base/word64.h"
#include "image/image.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- buffer.c: cover buffers --------------------------------------------- */

/* What a guest kernel's words look like. */
struct kcov8i_layout {
  unsigned int word_bytes; /* 4 or 8 */
  bool swap;               /* not the host's byte order */
};

/**
 * struct kcov8i_buffer - what a guest maps
 * @area:       as the host gave it; base is NULL before INIT_TRACE
 * @size_words: as the guest asked; area.bytes is not looked at again
 * @layout:     of its words
 * @counts:     entries are pairs of PC and hit count
 * @dropped:    PCs that did not fit
 */
struct kcov8i_buffer {
  struct kcov8_area area;
  uint64_t size_words;
  struct kcov8i_layout layout;
  bool counts;
  uint64_t dropped;
};

/*
 * One flush's stay in a buffer. begin reads word 0, put stores entries or drops
 * them, end publishes the count.
 */
struct kcov8i_append {
  struct kcov8i_buffer *buffer;
  uint64_t count; /* entries, new ones included */
  uint64_t start; /* count at the beginning */
  uint64_t room;  /* entries that still fit */
};

void kcov8i_append_begin(struct kcov8i_append *a, struct kcov8i_buffer *buffer);
void kcov8i_append_put(struct kcov8i_append *a, uint64_t pc, uint32_t count);
void kcov8i_append_end(struct kcov8i_append *a);

/**
 * struct kcov8i_tail - where entries go one by one, without asking each time
 * @at, @end: the next entry, and one past the last that fits; NULL: none does
 */
struct kcov8i_tail {
  uint64_t *at, *end;
  uint64_t dropped;
};

/* False: entries are not plain PCs of 8 bytes. From open to close no put. */
bool kcov8i_tail_open(struct kcov8i_tail *t, const struct kcov8i_append *a);
void kcov8i_tail_close(const struct kcov8i_tail *t, struct kcov8i_append *a);

static inline void kcov8i_tail_put(struct kcov8i_tail *t, uint64_t pc) {
  if (__builtin_expect(t->at == t->end, 0))
    t->dropped++;
  else
    kcov8i_store64(t->at++, pc, __ATOMIC_RELAXED);
}

/* put for each of @hits, whose PCs are those of @slots[index] */
void kcov8i_append_hits(struct kcov8i_append *a, const uint32_t *slots,
                        const struct kcov8i_hit *hits, size_t n_hits);

/* put for each of @hits in @img */
void kcov8i_append_image(struct kcov8i_append *a,
                         const struct kcov8i_image *img,
                         const struct kcov8i_hit *hits, size_t n_hits);

/* The count = 0. */
void kcov8i_buffer_reset(struct kcov8i_buffer *buffer);

/*
 * Appends one record of KCOV_TRACE_CMP, or counts it as dropped. Without the
 * lock, by the one task that has the buffer. May be interrupted by itself.
 */
void kcov8i_buffer_record(struct kcov8i_buffer *buffer, uint32_t type,
                          uint64_t arg1, uint64_t arg2, uint64_t pc);
void kcov8i_buffer_reset_records(struct kcov8i_buffer *buffer);

/*
 * Appends @n records that another buffer has, of words of 8 bytes; counts those
 * that do not fit as dropped. No task records into @buffer meanwhile.
 */
void kcov8i_buffer_add_records(struct kcov8i_buffer *buffer,
                               const uint64_t *records, uint64_t n);

/* @buffer->dropped, which kcov8i_buffer_record() changes without the lock. */
uint64_t kcov8i_buffer_dropped(const struct kcov8i_buffer *buffer);
void kcov8i_buffer_drop(struct kcov8i_buffer *buffer);

/* ---- pending.c: what other flushes found for a file ------------------ */

/* Blocks of one image that await a file's own next flush. */
struct kcov8i_pending {
  struct kcov8i_pending *next;
  struct kcov8i_image *image;
  uint8_t bytes[]; /* image->n_indexes */
};

/**
 * struct kcov8i_sink - where hits end up: the part of a file that collects
 * @next, @link: in the list kcov8i.enabled, which is trace.c's; what points at
 *           it there
 * @mutex:   of its file (base/lock.c); NULL: the core's lock is for all
 * @active:  how many run for it now: one, or as many sections as there are; of
 *           shared counters it gets nothing while there is none
 * @buffer:  what the guest maps
 * @pending: a set for each image that had counters while they were needed
 * @dirty:   some byte of them is set
 */
struct kcov8i_sink {
  struct kcov8i_sink *next, **link;
  struct kcov8i_mutex *mutex;
  size_t active;
  struct kcov8i_buffer buffer;
  struct kcov8i_pending *pending;
  bool dirty;
};

/*
 * The lock of @sink, NULL too. Where a function has "locked" in its comment,
 * who calls it has that of the sink. The others take it by themselves.
 */
void kcov8i_sink_lock(struct kcov8i_sink *sink);
void kcov8i_sink_unlock(struct kcov8i_sink *sink);

/*
 * Gives @extra (about to be enabled, or NULL) and all enabled ones a set for
 * each loaded image. -ENOMEM leaves everything as it was.
 */
int kcov8i_pending_need(struct kcov8i_sink *extra);

/* The same for @sink alone; locked. */
int kcov8i_pending_need_one(struct kcov8i_sink *sink);

/*
 * The same for one image that is being prepared, in sinks that have sets or
 * need them. @is_new: no ghost, so none has a set for it yet.
 */
int kcov8i_pending_need_image(struct kcov8i_image *img, bool is_new);

/* Adds hits to the set of @sink, locked, or of all that are active. */
void kcov8i_pending_mark(struct kcov8i_sink *sink, struct kcov8i_image *img,
                         const struct kcov8i_hit *hits, size_t n_hits);

/* Moves the sets to @a, of the same sink; locked. No room: dropped. */
void kcov8i_pending_drain(struct kcov8i_sink *sink, struct kcov8i_append *a);

/* Empties the sets, and frees them; locked. */
void kcov8i_pending_clear(struct kcov8i_sink *sink);
void kcov8i_pending_free(struct kcov8i_sink *sink);

/* ---- collect.c: counters to hits ----------------------------------------- */

/**
 * struct kcov8i_copy - of an image's counters, and of its marks
 * @counters: image->n_counters of them
 * @marks:    image->summary.n_marks of them; NULL without a summary
 * @seen:     for its flushes; NULL without rules
 */
struct kcov8i_copy {
  struct kcov8i_copy *next;
  struct kcov8i_image *image;
  uint8_t *counters;
  uint8_t *marks;
  uint64_t *seen;
};

#define KCOV8I_ORDER_ENTRIES 65535
#define KCOV8I_ORDER_ENTRIES_TEXT "65535"

/* Blocks that were hit first, in order; @n may be more than there is room. */
struct kcov8i_order {
  uint32_t n;
  uint32_t unused;
  uint8_t *counters[KCOV8I_ORDER_ENTRIES]; /* in the arrays that are nobody's */
};

/*
 * Empties the counters of @img, or of all images. What ran goes to @direct if
 * given, else to the pending set of every enabled sink; with @keep also to
 * @img->kept.
 */
void kcov8i_collect_image(struct kcov8i_image *img,
                          struct kcov8i_append *direct, bool keep);
void kcov8i_collect(struct kcov8i_append *direct, bool keep);

/*
 * The same for a copy that belongs to @sink alone. Without @direct and @sink:
 * it is cleared.
 */
void kcov8i_collect_copy(const struct kcov8i_copy *copy,
                         struct kcov8i_append *direct, struct kcov8i_sink *sink,
                         bool keep);

/*
 * Empties those counters of @copies, all of one task, that are in @list, in its
 * order, and the list. False if there are more than it could hold.
 */
bool kcov8i_collect_order(struct kcov8i_order *list, struct kcov8i_copy *copies,
                          struct kcov8i_append *direct,
                          struct kcov8i_sink *sink, bool keep);

#pragma GCC visibility pop

#endif /* KCOV8_COLLECT_H */
