/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * view.h - a task's own counters (attribution `task`)
 */
#ifndef KCOV8_VIEW_H
#define KCOV8_VIEW_H

#include "collect/collect.h"

/* The compiler's switch hides definitions only; this is for the uses. */
#pragma GCC visibility push(hidden)

/* ---- view.c: a task's own counters ------------------------------------- */

/**
 * struct kcov8i_view - copies of the counters of all images with `task`
 * @delta: of those that are reached through gs; 0: there is none yet
 * @order: copy of kcov8i_order_list; NULL: nothing writes there
 * @list:  the same for images with variables of their own
 * @sink:  for which the view is; NULL in the pool, and for a section whose file
 *         is named later: of such a one copies change behind
 *         kcov8i_mutexes_pass()
 * @in_use: a thread may count in it
 * @orphan: of a section that goes on, though its file was disabled: what it
 *         holds is nobody's
 * @copies: in the order of images
 * @stranded: an image is loaded of which there is no copy for want of room: who
 *         counts here would write anywhere. So no thread does
 */
struct kcov8i_view {
  struct kcov8i_view *next;
  struct kcov8i_view *next_free;
  struct kcov8i_sink *sink;
  bool in_use;
  bool orphan;
  intptr_t delta;
  struct kcov8i_order *order;
  struct kcov8i_order *list;
  struct kcov8i_copy *copies;
  size_t n_copies;
  bool stranded;
};

/* order.c; NULL if nothing was compiled with trace-order. */
extern struct kcov8i_order kcov8i_order_list __attribute__((weak));

/*
 * A view for @sink or, NULL, for one named later; NULL and 0 if no image needs
 * one. -ENOMEM. It holds what its last owner left there: to be cleared.
 */
int kcov8i_view_get(struct kcov8i_sink *sink, struct kcov8i_view **out);
void kcov8i_view_put(struct kcov8i_view *view);

/* Sections for @sink that go on are nobody's. */
void kcov8i_view_orphan(const struct kcov8i_sink *sink);

/*
 * What it holds belongs to no file; @keep: only to be harvested. reset: the
 * thread that counts in it may be another, whose list of first hits stays.
 */
void kcov8i_view_clear(struct kcov8i_view *view, bool keep);
void kcov8i_view_reset(struct kcov8i_view *view, bool keep);

/* The calling thread counts in @view from now on; NULL: in nobody's. */
void kcov8i_view_use(const struct kcov8i_view *view);

/* What is added to addresses by who counts in it, where gs leads there. */
intptr_t kcov8i_view_base(const struct kcov8i_view *view);

/* If it counts in @view, no longer. */
void kcov8i_view_leave(const struct kcov8i_view *view);

/* Has any task had a view? They stay. */
bool kcov8i_view_any(void);

/*
 * An image was registered: views need a copy before any thread runs it. Those
 * that find no room elsewhere either are stranded, and it is said.
 * @failed: it could not be prepared.
 */
void kcov8i_view_image_came(bool failed);

/* Has it a copy of each image that needs one? Its file's lock. */
bool kcov8i_view_is_whole(const struct kcov8i_view *view);

/* Is there something for kcov8i_view_refresh() to do? Its file's lock. */
bool kcov8i_view_is_stale(const struct kcov8i_view *view);

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

/* ---- copy.c: where its copies lie ---------------------------------------- */

/* Does the host supply what the image's probes need? */
bool kcov8i_view_possible(const struct kcov8i_table *t);

bool kcov8i_needs_copy(const struct kcov8i_image *img);
intptr_t kcov8i_copy_distance(const struct kcov8i_copy *c);

/*
 * For each image that has none; they stay in the order of images. -ENOMEM: some
 * may have been added. fill: elsewhere, if there is no room where the others
 * are.
 */
int kcov8i_copies_add(struct kcov8i_view *view);
int kcov8i_copies_fill(struct kcov8i_view *view);

void kcov8i_copy_drop(struct kcov8i_copy *c);
void kcov8i_copies_drop(struct kcov8i_view *view);

#pragma GCC visibility pop

#endif /* KCOV8_VIEW_H */
