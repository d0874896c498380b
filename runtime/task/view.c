/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * view.c - a task's own counters (attribution `task`)
 *
 * A probe adds the running thread's delta to the address of its counter. With
 * delta 0 it counts in the image's own array, which is nobody's. A view is a
 * copy of that array for each image, and what reaches it: while a task traces,
 * its thread's delta leads to a view, so no one else writes there, and its
 * flush sweeps that and no other.
 *
 * Where the delta is the base of gs, all images share it: their copies lie at
 * one distance from them, in pages that the port maps there; so do those of the
 * marks of a summary. Else each image has a variable of its own, and its copy,
 * with that of its marks, lies anywhere.
 *
 * Views are pooled and their copies stay mapped while their image is loaded: a
 * thread that is not told in time that a task stopped writes into a view that
 * nobody reads, and which is cleared before it is used again.
 */
#include "task/view.h"

static struct kcov8i_view *views;      /* all, linked by next */
static struct kcov8i_view *free_views; /* of nobody, linked by next_free */

/* To @sink's pending set; without @sink they are cleared. */
static void collect_copies(const struct kcov8i_view *view,
                           struct kcov8i_sink *sink, bool keep) {
  for (struct kcov8i_copy *c = view->copies; c; c = c->next)
    kcov8i_collect_copy(c, NULL, sink, keep);
}

/* Whose is what it holds? */
static struct kcov8i_sink *heir(const struct kcov8i_view *view) {
  return view->orphan ? NULL : view->sink;
}

void kcov8i_view_orphan(const struct kcov8i_sink *sink) {
  for (struct kcov8i_view *v = views; v; v = v->next)
    v->orphan |= v->sink == sink;
}

void kcov8i_view_clear(struct kcov8i_view *view, bool keep) {
  collect_copies(view, NULL, keep);
  if (view->order)
    view->order->n = 0;
  if (view->list)
    view->list->n = 0;
}

int kcov8i_view_get(struct kcov8i_sink *sink, struct kcov8i_view **out) {
  struct kcov8i_view *view = free_views;
  int err;
  *out = NULL;
  if (!kcov8i.n_per_task)
    return 0;
  if (!view) {
    view = kcov8_port_alloc(sizeof(*view));
    if (!view)
      return -KCOV8_ENOMEM;
    view->next_free = free_views;
    free_views = view;
    view->next = views;
    views = view;
  }
  err = kcov8i_copies_fill(view);
  if (err) {
    kcov8i_copies_drop(view);
    return err;
  }
  free_views = view->next_free;
  view->in_use = true;
  view->stranded = false;
  view->orphan = false;
  view->sink = sink;
  *out = view;
  return 0;
}

void kcov8i_view_put(struct kcov8i_view *view) {
  if (!view)
    return;
  view->in_use = false;
  view->sink = NULL;
  view->next_free = free_views;
  free_views = view;
}

static void set_variables(const struct kcov8i_image *i, intptr_t delta,
                          struct kcov8i_order *list) {
  void **const order = kcov8i_order_at(i->desc);
  __atomic_store_n(i->desc->delta_at(), delta, __ATOMIC_RELAXED);
  if (order)
    __atomic_store_n(order, list, __ATOMIC_RELAXED);
}

intptr_t kcov8i_view_base(const struct kcov8i_view *view) {
  return view && !view->stranded ? view->delta : 0;
}

void kcov8i_view_use(const struct kcov8i_view *view) {
  const struct kcov8i_copy *c = view ? view->copies : NULL;
  bool segment = false;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (!kcov8i_needs_copy(i))
      continue;
    const bool has = c && c->image == i;
    segment |= i->segment;
    if (!i->segment)
      set_variables(i, has ? kcov8i_copy_distance(c) : 0,
                    has ? view->list : NULL);
    if (has)
      c = c->next;
  }
  if (segment)
    kcov8_port_set_base(kcov8i_view_base(view));
}

/* Any copy tells: a thread goes over to all of a view's at once. */
static bool is_used_here(const struct kcov8i_view *view) {
  const struct kcov8i_copy *const c = view->copies;
  if (!c)
    return false;
  return c->image->segment
             ? kcov8_port_base() == view->delta
             : c->image->counters + *c->image->desc->delta_at() == c->counters;
}

void kcov8i_view_reset(struct kcov8i_view *view, bool keep) {
  if (is_used_here(view))
    kcov8i_view_clear(view, keep);
  else
    collect_copies(view, NULL, keep);
}

void kcov8i_view_leave(const struct kcov8i_view *view) {
  if (view && is_used_here(view))
    kcov8i_view_use(NULL);
}

static bool lacks_any(const struct kcov8i_view *view) {
  return view->n_copies < __atomic_load_n(&kcov8i.n_per_task, __ATOMIC_RELAXED);
}

bool kcov8i_view_is_whole(const struct kcov8i_view *view) {
  return !view->stranded && !lacks_any(view);
}

bool kcov8i_view_is_stale(const struct kcov8i_view *view) {
  return view->stranded || (lacks_any(view) && is_used_here(view));
}

/* Who counts in @view, of images that are reached through gs, goes to @to. */
static int send(const struct kcov8i_view *view, intptr_t to) {
  if (!is_used_here(view))
    return kcov8_port_rebase ? kcov8_port_rebase(view->delta, to) : -1;
  kcov8_port_set_base(to);
  return 0;
}

/*
 * @other has a copy of each image, @view may lack some. Copies that are not
 * reached through gs stay: this thread alone can set its variables.
 */
static void exchange(struct kcov8i_view *view, struct kcov8i_view *other) {
  const struct kcov8i_view old = *view;
  struct kcov8i_copy **mine = &view->copies, **theirs = &other->copies;
  while (*theirs) {
    struct kcov8i_copy *const m = *mine, *const t = *theirs;
    if (m && m->image == t->image) {
      if (t->image->segment) {
        const struct kcov8i_copy c = *m;
        m->counters = t->counters, m->marks = t->marks;
        t->counters = c.counters, t->marks = c.marks;
      }
      mine = &m->next;
      theirs = &t->next;
    } else if (t->image->segment) {
      *theirs = t->next;
      t->next = m;
      *mine = t;
      mine = &t->next;
      view->n_copies++;
      other->n_copies--;
    } else {
      theirs = &t->next;
    }
  }
  view->delta = other->delta;
  view->order = other->order;
  other->delta = old.delta;
  other->order = old.order;
}

/* Where all images have room. What is there goes to the view's file. */
static int move(struct kcov8i_view *view) {
  struct kcov8i_sink *const sink = heir(view);
  struct kcov8i_view *other;
  int err = kcov8i_view_get(view->sink, &other);
  if (err || !other)
    return err;
  kcov8i_view_clear(other, false);
  err = send(view, other->delta);
  if (!err) {
    collect_copies(view, sink && !kcov8i_pending_need_one(sink) ? sink : NULL,
                   kcov8i.keep);
    exchange(view, other);
  }
  kcov8i_view_put(other);
  return err;
}

void kcov8i_view_refresh(struct kcov8i_view *view) {
  if (!kcov8i_view_is_stale(view) || kcov8i.n_unprepared)
    return;
  const bool here = is_used_here(view);
  view->stranded = kcov8i_copies_add(view) &&
                   (!here || move(view) || kcov8i_copies_add(view));
  kcov8i_view_use(view);
}

bool kcov8i_view_any(void) { return views != NULL; }

/* It has room, here or elsewhere. */
static bool has_room(struct kcov8i_view *view) {
  return !kcov8i_copies_add(view) || (view->in_use && !move(view));
}

void kcov8i_view_image_came(bool failed) {
  bool stranded = false, stuck = false;
  kcov8i_mutexes_pass();
  for (struct kcov8i_view *v = views; v; v = v->next) {
    kcov8i_sink_lock(v->sink);
    if (v->delta && (failed || !has_room(v))) {
      stranded |= v->in_use && !v->stranded;
      v->stranded = v->in_use;
      stuck |= send(v, 0) && (v->in_use || kcov8_port_rebase);
    }
    kcov8i_sink_unlock(v->sink);
  }
  if (stuck)
    kcov8_port_log(KCOV8_LOG_ERROR,
                   "image loaded while tasks trace: no room for copies of its "
                   "counters; a thread that traces may fault in it");
  else if (stranded)
    kcov8_port_log(KCOV8_LOG_WARNING,
                   "image loaded while tasks trace: no room for copies of its "
                   "counters; what these tasks run from now on is lost");
}

/* What it holds goes to its file first. */
static void forget_copy(struct kcov8i_view *view, struct kcov8i_copy **at) {
  struct kcov8i_copy *const c = *at;
  if (view->sink)
    kcov8i_collect_copy(c, NULL, heir(view), kcov8i.keep);
  *at = c->next;
  view->n_copies--;
  kcov8i_copy_drop(c);
}

void kcov8i_view_forget_image(const struct kcov8i_image *img) {
  if (views)
    kcov8i_mutexes_pass();
  for (struct kcov8i_view *v = views; v; v = v->next) {
    kcov8i_sink_lock(v->sink);
    for (struct kcov8i_copy **at = &v->copies; *at; at = &(*at)->next)
      if ((*at)->image == img) {
        forget_copy(v, at);
        break;
      }
    kcov8i_sink_unlock(v->sink);
  }
}

void kcov8i_view_collect_all(void) {
  for (struct kcov8i_view *v = views; v; v = v->next) {
    if (!v->sink)
      continue;
    kcov8i_sink_lock(v->sink);
    collect_copies(v, heir(v), true);
    kcov8i_sink_unlock(v->sink);
  }
}

void kcov8i_view_forget_all(void) {
  while (views) {
    struct kcov8i_view *const v = views;
    views = v->next;
    kcov8i_copies_drop(v);
    kcov8_port_free(v, sizeof(*v));
  }
  free_views = NULL;
}
