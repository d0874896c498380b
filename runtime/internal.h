/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * internal.h - what the files of the runtime share
 *
 * Core files (all but hosted/) include this, pc.h, sweep.h and the compiler's
 * intrinsics: no libc beyond memcpy, memmove, memset and memcmp. Unless a
 * comment says otherwise, every function here is called with kcov8_port_lock()
 * held, and every field is protected by it.
 */
#ifndef KCOV8_INTERNAL_H
#define KCOV8_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The runtime is built with hidden visibility; its API is not: a plugin that
 * is loaded later calls the program's __kcov8_image_register().
 */
#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int c, size_t n);

#include "sweep.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- log.c: messages without a libc -------------------------------------- */

/* A line being built; what does not fit is cut. */
struct kcov8i_msg {
  size_t len;
  char text[200];
};

void kcov8i_msg_str(struct kcov8i_msg *m, const char *s);
void kcov8i_msg_dec(struct kcov8i_msg *m, uint64_t v);
void kcov8i_msg_hex(struct kcov8i_msg *m, uint64_t v);
void kcov8i_msg_log(struct kcov8i_msg *m, enum kcov8_log_level level);

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
  bool ordered; /* all functions */
  bool per_task;
  bool segment;
  intptr_t *(*delta_at)(void);
};

/**
 * struct kcov8i_implied - which blocks a hit stands for besides its own
 * @n_rules:   0: none, and all pointers are NULL
 * @first:     by counter: where its rules begin; one more at the end
 * @implied:   @n_rules blocks without a counter, from 0
 * @sums:      of these: hits in the flush in progress, else all 0
 * @reached:   the first @n_reached are blocks whose sum is not 0
 * @n_taken:   of them
 */
struct kcov8i_implied {
  size_t n_rules;
  uint32_t *first;
  uint32_t *implied;
  uint32_t *reached;
  uint8_t *sums;
  size_t n_reached;
  size_t n_taken;
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
 * Comparisons look @counters, @n_counters and @slots up without the lock: the
 * list only grows, images stay, @next and @counters are stored with release.
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
 * @slots:       KCOV8I_NO_SLOT for bytes that no record owns
 * @ids, @moved: for harvests, NULL until needed: final block IDs; non-zero if
 *               the slot is not the one that the image alone would have
 * @kept:        for harvests, NULL until needed: counts swept, but not yet
 *               harvested
 * @implied:     rules of pruned functions
 * @summary:     while the image is loaded
 * @per_task:    tasks that trace have a copy of the counters (view.c)
 * @segment:     reached through the base of gs
 * @ordered:     all that can be hit in a copy is in the list of order.c
 * @said_stray:  a hit on a byte without owner was reported
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
  uint64_t *ids;
  uint8_t *moved;
  uint8_t *kept;
  struct kcov8i_implied implied;
  struct kcov8i_summary summary;
  bool per_task;
  bool segment;
  bool ordered;
  bool said_stray;
};

/* Checks all but overlaps. -ENODEV, with the reason logged, or 0. */
int kcov8i_table_read(const struct kcov8_image *desc, struct kcov8i_table *t);

/*
 * Fills in @img->slots (allocated by the caller), yielding to all images in the
 * registry. -ENODEV (overlap or no room, logged) or
 * -ENOMEM.
 */
int kcov8i_table_number(const struct kcov8i_table *t, struct kcov8i_image *img);

/* Allocates and fills in @img->ids, @moved and @kept. 0 or -ENOMEM. */
int kcov8i_table_identify(struct kcov8i_image *img);

/* Of a record that has been checked: its keys; how many counters it has. */
const uint32_t *kcov8i_table_keys(const struct kcov8_func *f);
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

uint64_t kcov8i_table_fingerprint(const struct kcov8i_table *t);

/* ---- image.c: the registry ------------------------------------------------
 */

/**
 * struct kcov8i_state - everything that belongs to the process
 * @registered:   descriptors, linked by runtime[0], in order of registration
 * @n_unprepared: registered, but neither prepared nor refused yet
 * @n_refused:    registered, with unusable tables
 * @n_blocks:     in prepared images that are loaded
 * @has_cmp:      some image that was prepared has code with trace-cmp
 * @images:       prepared ones, ghosts included
 * @n_shared:     of them, loaded ones with attribution `process`
 * @n_per_task:   with attribution `task`
 * @views:        all, linked by next
 * @free_views:   those that are nobody's, linked by next_free
 * @enabled:      files that are tracing, linked by next_enabled
 * @keep:         what flushes take is kept for a harvest, too (dump at exit)
 * @n_remote:     files with handles; read without the lock
 * @remote_clock: how many have ever got theirs; likewise
 */
struct kcov8i_state {
  struct kcov8_image *registered;
  size_t n_unprepared;
  size_t n_refused;
  size_t n_blocks;
  bool has_cmp;
  struct kcov8i_image *images;
  size_t n_shared;
  size_t n_per_task;
  struct kcov8i_view *views;
  struct kcov8i_view *free_views;
  struct kcov8_file *enabled;
  size_t n_enabled;
  bool keep;
  size_t n_remote;
  size_t remote_clock;
};

extern struct kcov8i_state kcov8i;

/*
 * Gives PCs to all registered images that have none. -ENOMEM if one could not
 * be set up; it stays as it was, its counters keep what they hold, and the next
 * call tries again. Refused ones are logged and counted, not an error here.
 */
int kcov8i_prepare_images(void);

/* Makes sure of @img->fingerprint, while the image is loaded. */
void kcov8i_image_identify(struct kcov8i_image *img);

/* -ENODEV, with the reason logged once, if there are no blocks at all. */
int kcov8i_require_blocks(void);

/* From now on flushes keep for harvests what they take. Takes the lock. */
void kcov8i_keep_for_harvest(void);

/* Unit tests: forget all images, ghosts included. Takes the lock. */
void kcov8i_forget_images(void);

/* ---- collect.c: counters to blocks ----------------------------------------
 */

/* Hit counts stop at 255. */
static inline void kcov8i_add_count(uint8_t *byte, uint32_t count) {
  const uint32_t sum = *byte + count;
  *byte = (uint8_t)(sum > UINT8_MAX ? UINT8_MAX : sum);
}

struct kcov8i_append;
struct kcov8i_view;

/*
 * Empties the counters of @img, or of all images. What ran goes to @direct if
 * given, else to the pending set of every enabled file; with @keep also to
 * @img->kept.
 */
void kcov8i_collect_image(struct kcov8i_image *img,
                          struct kcov8i_append *direct, bool keep);
void kcov8i_collect(struct kcov8i_append *direct, bool keep);

/*
 * Empties those counters of copies that are in @view's list, in its order, and
 * the list. False if there are more than it could hold.
 */
bool kcov8i_collect_order(const struct kcov8i_view *view,
                          struct kcov8i_append *direct, struct kcov8_file *file,
                          bool keep);

struct kcov8i_copy;

/*
 * The same for a copy that belongs to @file alone. Without @direct and @file:
 * it is cleared.
 */
void kcov8i_collect_copy(const struct kcov8i_copy *copy,
                         struct kcov8i_append *direct, struct kcov8_file *file,
                         bool keep);

/* ---- view.c: a task's own counters ----------------------------------------
 */

/**
 * struct kcov8i_copy - of an image's counters, and of its marks
 * @counters: image->n_counters of them
 * @marks:    image->summary.n_marks of them; NULL without a summary
 */
struct kcov8i_copy {
  struct kcov8i_copy *next;
  struct kcov8i_image *image;
  uint8_t *counters;
  uint8_t *marks;
};

/**
 * struct kcov8i_view - copies of the counters of all images with `task`
 * @delta: of those that are reached through gs; 0: there is none yet
 * @order: copy of kcov8i_order_list; NULL: nothing writes there
 * @file:  for which the view is in use; NULL in the pool, and for a section
 *         whose file is named later
 * @copies: in the order of images
 */
struct kcov8i_view {
  struct kcov8i_view *next;
  struct kcov8i_view *next_free;
  struct kcov8_file *file;
  bool in_use;
  intptr_t delta;
  struct kcov8i_order *order;
  struct kcov8i_copy *copies;
  size_t n_copies;
};

#define KCOV8I_ORDER_ENTRIES 65535
#define KCOV8I_ORDER_ENTRIES_TEXT "65535"

/* Blocks that were hit first, in order; @n may be more than there is room. */
struct kcov8i_order {
  uint32_t n;
  uint32_t unused;
  uint8_t *counters[KCOV8I_ORDER_ENTRIES]; /* in the arrays that are nobody's */
};

/* order.c; NULL if nothing was compiled with trace-order. */
extern struct kcov8i_order kcov8i_order_list __attribute__((weak));

/* Does the host supply what the image's probes need? */
bool kcov8i_view_possible(const struct kcov8i_table *t);

/* A clear view for @file or, NULL, one named later; NULL and 0 if no image
   needs one. -ENOMEM. */
int kcov8i_view_get(struct kcov8_file *file, struct kcov8i_view **out);
void kcov8i_view_put(struct kcov8i_view *view);

/* What it holds belongs to no file; @keep: only to be harvested. */
void kcov8i_view_clear(struct kcov8i_view *view, bool keep);

/* The calling thread counts in @view from now on; NULL: in nobody's. */
void kcov8i_view_use(const struct kcov8i_view *view);

/* If it counts in @view, no longer. */
void kcov8i_view_leave(const struct kcov8i_view *view);

/*
 * An image was registered: views in use need a copy before any thread runs it.
 * Only if there are views.
 */
void kcov8i_view_image_came(void);

/*
 * Copies for images that were loaded since; no memory: next time. Behind a
 * flush: what the view holds may be lost.
 */
void kcov8i_view_refresh(struct kcov8i_view *view);

/* What all views hold goes to pending sets, and to be harvested. */
void kcov8i_view_collect_all(void);

/* Moves what its copies hold to pending sets, frees them. */
void kcov8i_view_forget_image(const struct kcov8i_image *img);
void kcov8i_view_forget_all(void);

/* ---- summary.c: where counters may have been hit --------------------------
 */

/* The marks that probes set, used or not; 0: there are none. */
size_t kcov8i_summary_marks(const struct kcov8_image *desc, uint8_t **marks);

/* Fills in @img->summary if there are marks to be used. 0 or -ENOMEM. */
int kcov8i_summary_build(struct kcov8i_image *img);
void kcov8i_summary_free(struct kcov8i_image *img);

/* As kcov8i_sweep(), of marks; then the counters of @hits may be read. */
size_t kcov8i_summary_take(uint8_t *marks, size_t n_marks, size_t *pos,
                           struct kcov8i_hit *hits);

/* ---- implied.c: blocks without probes ------------------------------------ */

size_t kcov8i_table_n_rules(const struct kcov8_func *f);

/* Fills in @img->implied. 0 or -ENOMEM. */
int kcov8i_implied_build(const struct kcov8i_table *t,
                         struct kcov8i_image *img);
void kcov8i_implied_free(struct kcov8i_image *img);

/* Notes what the hits of a sweep imply. Only with @n_rules > 0. */
void kcov8i_implied_add(struct kcov8i_image *img, const struct kcov8i_hit *hits,
                        size_t n_hits);

/*
 * The next implied blocks that ran; at most KCOV8I_BATCH. 0: that was all, and
 * the image is ready for the next flush.
 */
size_t kcov8i_implied_take(struct kcov8i_image *img, struct kcov8i_hit *hits);

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

/* put for each of @hits, whose PCs are those of @slots[index] */
void kcov8i_append_hits(struct kcov8i_append *a, const uint32_t *slots,
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

/* @buffer->dropped, which kcov8i_buffer_record() changes without the lock. */
uint64_t kcov8i_buffer_dropped(const struct kcov8i_buffer *buffer);
void kcov8i_buffer_drop(struct kcov8i_buffer *buffer);

/* ---- device.c: devices and files ----------------------------------------- */

#define KCOV8I_HANDLE_BUCKETS 64

struct kcov8_device {
  struct kcov8_host host;
  struct kcov8i_layout layout;
  size_t n_files;
  struct kcov8i_handle *handles[KCOV8I_HANDLE_BUCKETS]; /* remote.c */
};

enum kcov8i_mode {
  KCOV8I_DISABLED, /* no area */
  KCOV8I_INIT,
  KCOV8I_TRACE_PC,
  KCOV8I_TRACE_CMP,
};

/**
 * struct kcov8_file - one open of the device
 * @device:        where it was opened
 * @refs:          descriptors and mappings, and one while a task has it enabled
 * @mode:          DISABLED -> INIT by INIT_TRACE, INIT <-> TRACE_PC, TRACE_CMP
 * @owner:         the task that enabled it; NULL in the first two modes
 * @remote:        enabled by REMOTE_ENABLE: the owner itself is not recorded
 * @buffer:        what the guest maps
 * @remote_words:  area_size of its REMOTE_ENABLE
 * @sequence:      how often it was stopped: tells sections of an earlier enable
 * @n_sections:    running ones of mode TRACE_PC
 * @handles:       @n_handles of them, NULL if there are none
 * @since:         kcov8i.remote_clock when it got them
 * @next_enabled:  list kcov8i.enabled: mode TRACE_PC, remote ones only while
 *                 they have sections
 * @view:          its own counters while it is enabled, if any image has such
 * @pending:       one per image that had counters while they were needed
 * @pending_dirty: some byte of them is set
 */
struct kcov8_file {
  struct kcov8_device *device;
  size_t refs;
  enum kcov8i_mode mode;
  struct kcov8_task *owner;
  bool remote;
  struct kcov8i_buffer buffer;
  uint32_t remote_words;
  uint64_t sequence;
  size_t n_sections;
  struct kcov8i_handle *handles;
  size_t n_handles;
  size_t since;
  struct kcov8_file *next_enabled;
  struct kcov8i_view *view;
  struct kcov8i_pending *pending;
  bool pending_dirty;
};

int kcov8i_area_alloc(struct kcov8_device *device, uint64_t size_words,
                      struct kcov8_area *area);
void kcov8i_area_free(struct kcov8_device *device, struct kcov8_area *area);

void kcov8i_file_put(struct kcov8_file *file);

/* ---- trace.c: from ENABLE to DISABLE ------------------------------------- */

/*
 * INIT -> @mode, TRACE_PC or TRACE_CMP; takes a reference for the task. 0 or
 * -ENOMEM.
 */
int kcov8i_trace_start(struct kcov8_file *file, struct kcov8_task *task,
                       enum kcov8i_mode mode);

struct kcov8i_remote_args;

/* The same with KCOV_REMOTE_ENABLE; cannot fail. */
void kcov8i_trace_start_remote(struct kcov8_file *file, struct kcov8_task *task,
                               enum kcov8i_mode mode,
                               const struct kcov8i_remote_args *args);

/*
 * A section of background work for a remote file of mode TRACE_PC: 0 or
 * -ENOMEM; its end, with a flush.
 */
int kcov8i_trace_section_begin(struct kcov8_file *file,
                               struct kcov8i_view **view);
void kcov8i_trace_section_end(struct kcov8_file *file,
                              struct kcov8i_view *view);

/* Both at once, of what @view holds. -ENOMEM: it still does. */
int kcov8i_trace_section_whole(struct kcov8_file *file,
                               struct kcov8i_view *view);

/* TRACE_* -> INIT, after a last flush; drops the task's reference. */
void kcov8i_trace_stop(struct kcov8_file *file);

/* Flush of a file that its owner's own syscalls go to. */
void kcov8i_trace_flush(struct kcov8_file *file);

/* Nothing that ran before appears; count 0. */
void kcov8i_trace_reset(struct kcov8_file *file);

/* ---- cmp.c: comparisons -------------------------------------------------- */

/* Is there anything that could record them? If not, says why, once. */
bool kcov8i_cmp_supported(void);

/* From now on @task's comparisons go to @buffer; to nobody any more. */
void kcov8i_cmp_start(struct kcov8_task *task, struct kcov8i_buffer *buffer);
void kcov8i_cmp_stop(struct kcov8_task *task);

/* The current task's buffer, or NULL. Without the lock. */
struct kcov8i_buffer *kcov8i_cmp_buffer(void);

/* ---- sancov.c: -fsanitize-coverage=trace-cmp ----------------------------- */

/* Only there if the file was linked: code calls it. */
extern const char kcov8i_sancov_linked __attribute__((weak));

/* ---- pending.c: what other flushes harvested for a file ------------------ */

/* Blocks that await the file's own next flush. */
struct kcov8i_pending {
  struct kcov8i_pending *next;
  struct kcov8i_image *image;
  uint8_t bytes[]; /* image->n_indexes */
};

/*
 * Gives @extra (a file about to be enabled, or NULL) and all enabled files a
 * set for each loaded image. -ENOMEM leaves everything as it was.
 */
int kcov8i_pending_need(struct kcov8_file *extra);

/*
 * The same for one image that is being prepared, in files that have sets or
 * need them. @is_new: no ghost, so no file has a set for it yet.
 */
int kcov8i_pending_need_image(struct kcov8i_image *img, bool is_new);

/* Adds hits to the set of @file, or of all enabled files. */
void kcov8i_pending_mark(struct kcov8_file *file, struct kcov8i_image *img,
                         const struct kcov8i_hit *hits, size_t n_hits);

/* Moves @file's sets to its buffer. What finds no room is dropped. */
void kcov8i_pending_drain(struct kcov8_file *file, struct kcov8i_append *a);

/* Empties the sets, and frees them. */
void kcov8i_pending_clear(struct kcov8_file *file);
void kcov8i_pending_free(struct kcov8_file *file);

/* ---- remote.c: handles of KCOV_REMOTE_ENABLE ------------------------------
 */

/* A file's arguments, read from the guest. To be freed. */
struct kcov8i_remote_args {
  uint32_t trace_mode;
  uint32_t area_size;
  uint32_t num_handles;
  uint64_t common_handle;
  uint64_t handles[KCOV8_REMOTE_MAX_HANDLES];
};

/* -EFAULT, -EINVAL. Without the lock. */
int kcov8i_remote_read(struct kcov8_device *device, struct kcov8_task *task,
                       uint64_t from, struct kcov8i_remote_args *args);

/* All or none. -ENOMEM, -EINVAL, -EEXIST. */
int kcov8i_handles_add(struct kcov8_file *file,
                       const struct kcov8i_remote_args *args);
void kcov8i_handles_remove(struct kcov8_file *file);

/* The file that has it, or NULL. */
struct kcov8_file *kcov8i_handle_file(struct kcov8_device *device,
                                      uint64_t handle);

/* ---- section.c: background work ------------------------------------------ */

/* Ends @worker's section, if it is in one. */
void kcov8i_section_stop(struct kcov8_task *worker);

/* ---- task.c -------------------------------------------------------------- */

/*
 * Lock and unlock around one call for a task. Until the leave, a flush for the
 * same task does nothing: a lock hook that puts the task to sleep, and a host
 * that flushes before a sleep, would otherwise recurse.
 */
void kcov8i_task_enter(struct kcov8_task *task);
void kcov8i_task_leave(struct kcov8_task *task);

#pragma GCC visibility pop

#endif /* KCOV8_INTERNAL_H */
