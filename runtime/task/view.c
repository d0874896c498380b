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

#define PAGE ((uintptr_t)4096) /* x86-64's, the only one with gs */

static struct kcov8i_view *views;      /* all, linked by next */
static struct kcov8i_view *free_views; /* of nobody, linked by next_free */

/* ---- Copies -------------------------------------------------------------- */

static bool has_hooks(void) {
  return kcov8_port_map && kcov8_port_unmap && kcov8_port_set_base &&
         kcov8_port_base;
}

bool kcov8i_view_possible(const struct kcov8i_table *t) {
  return t->segment ? has_hooks() : t->delta_at != NULL;
}

/*
 * What a copy of an image needs its own of: counters, marks, used or not, and
 * what little a linker may put between the two sections.
 */
static uint8_t *first_byte(const struct kcov8i_image *img, size_t *bytes) {
  uint8_t *begin = img->counters, *end = begin + img->n_counters, *marks;
  const size_t n_marks = kcov8i_summary_marks(img->desc, &marks);
  if (n_marks) {
    begin = marks < begin ? marks : begin;
    end = marks + n_marks > end ? marks + n_marks : end;
  }
  *bytes = (size_t)(end - begin);
  return begin;
}

/* The same in whole pages. */
static uint8_t *first_page(const struct kcov8i_image *img, size_t *bytes) {
  uint8_t *const from = first_byte(img, bytes);
  const size_t ahead = (uintptr_t)from % PAGE;
  *bytes = (ahead + *bytes + PAGE - 1) / PAGE * PAGE;
  return from - ahead;
}

static intptr_t distance(const struct kcov8i_copy *c) {
  return (intptr_t)((uintptr_t)c->counters - (uintptr_t)c->image->counters);
}

static void place_copy(struct kcov8i_copy *c, intptr_t delta) {
  c->counters = c->image->counters + delta;
  if (c->image->summary.marks)
    c->marks = c->image->summary.marks + delta;
}

static void drop_copy(struct kcov8i_copy *c) {
  struct kcov8i_image *const img = c->image;
  const intptr_t delta = distance(c);
  size_t bytes;
  if (img->segment) {
    uint8_t *const page = first_page(img, &bytes);
    kcov8_port_unmap(page + delta, bytes);
  } else {
    uint8_t *const from = first_byte(img, &bytes);
    kcov8_port_free(from + delta, bytes);
  }
  kcov8_port_free(c, sizeof(*c));
}

/* Without a distance yet, the port picks the place, and so the distance. */
static int map_copy(struct kcov8i_view *view, struct kcov8i_copy *c) {
  struct kcov8i_image *const img = c->image;
  size_t bytes;
  uint8_t *const page = first_page(img, &bytes);
  void *at = view->delta ? page + view->delta : NULL;
  if (kcov8_port_map(&at, bytes))
    return -KCOV8_ENOMEM;
  view->delta = (intptr_t)((uintptr_t)at - (uintptr_t)page);
  place_copy(c, view->delta);
  return 0;
}

/* Anywhere: the image's variable tells. */
static int allocate_copy(struct kcov8i_copy *c) {
  size_t bytes;
  uint8_t *const from = first_byte(c->image, &bytes);
  uint8_t *const at = kcov8_port_alloc(bytes);
  if (!at)
    return -KCOV8_ENOMEM;
  place_copy(c, (intptr_t)((uintptr_t)at - (uintptr_t)from));
  return 0;
}

static int new_copy(struct kcov8i_view *view, struct kcov8i_image *img,
                    struct kcov8i_copy **out) {
  struct kcov8i_copy *const c = kcov8_port_alloc(sizeof(*c));
  if (!c)
    return -KCOV8_ENOMEM;
  c->image = img;
  const int err = img->segment ? map_copy(view, c) : allocate_copy(c);
  if (err)
    kcov8_port_free(c, sizeof(*c));
  else
    *out = c;
  return err;
}

static bool needs_copy(const struct kcov8i_image *img) {
  return img->counters && img->per_task;
}

static int map_order(struct kcov8i_view *view) {
  void *at = (uint8_t *)&kcov8i_order_list + view->delta;
  if (kcov8_port_map(&at, sizeof(*view->order)))
    return -KCOV8_ENOMEM;
  view->order = at;
  return 0;
}

static int add_lists(struct kcov8i_view *view) {
  for (const struct kcov8i_copy *c = view->copies; c && !view->list;
       c = c->next)
    if (!c->image->segment && kcov8i_order_at(c->image->desc)) {
      view->list = kcov8_port_alloc(sizeof(*view->list));
      if (!view->list)
        return -KCOV8_ENOMEM;
    }
  return &kcov8i_order_list && view->delta && !view->order ? map_order(view)
                                                           : 0;
}

/* For each image that has none; they stay in the order of images. */
static int add_copies(struct kcov8i_view *view) {
  struct kcov8i_copy **at = &view->copies;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (!needs_copy(i))
      continue;
    if (!*at || (*at)->image != i) {
      struct kcov8i_copy *c;
      const int err = new_copy(view, i, &c);
      if (err)
        return err;
      c->next = *at;
      *at = c;
      view->n_copies++;
    }
    at = &(*at)->next;
  }
  return add_lists(view);
}

static void drop_all(struct kcov8i_view *view) {
  while (view->copies) {
    struct kcov8i_copy *const c = view->copies;
    view->copies = c->next;
    drop_copy(c);
  }
  if (view->order)
    kcov8_port_unmap(view->order, sizeof(*view->order));
  view->order = NULL;
  if (view->list)
    kcov8_port_free(view->list, sizeof(*view->list));
  view->list = NULL;
  view->n_copies = 0;
  view->delta = 0;
}

/* ---- Views --------------------------------------------------------------- */

static int place(struct kcov8i_view *view) {
  int err = -KCOV8_ENOMEM;
  if (!kcov8_port_distance)
    return add_copies(view);
  for (unsigned int n = 0; err && (view->delta = kcov8_port_distance(n)); n++) {
    err = add_copies(view);
    if (err)
      drop_all(view);
  }
  return err;
}

/* None of its copies has to be at one distance with others. */
static bool is_anywhere(const struct kcov8i_view *view) {
  bool segment = false;
  for (const struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    segment |= needs_copy(i) && i->segment;
  return view->copies && !segment;
}

/* Images may have come since it had its place. */
static int fill(struct kcov8i_view *view) {
  if ((view->delta || is_anywhere(view)) && !add_copies(view))
    return 0;
  drop_all(view);
  return place(view);
}

/* To @sink's pending set; without @sink they are cleared. */
static void collect_copies(const struct kcov8i_view *view,
                           struct kcov8i_sink *sink, bool keep) {
  for (struct kcov8i_copy *c = view->copies; c; c = c->next)
    kcov8i_collect_copy(c, NULL, sink, keep);
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
  err = fill(view);
  if (err) {
    drop_all(view);
    return err;
  }
  free_views = view->next_free;
  view->in_use = true;
  view->sink = sink;
  kcov8i_view_clear(view, false);
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

void kcov8i_view_use(const struct kcov8i_view *view) {
  const struct kcov8i_copy *c = view ? view->copies : NULL;
  bool segment = false;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (!needs_copy(i))
      continue;
    const bool has = c && c->image == i;
    segment |= i->segment;
    if (!i->segment)
      set_variables(i, has ? distance(c) : 0, has ? view->list : NULL);
    if (has)
      c = c->next;
  }
  if (segment)
    kcov8_port_set_base(view ? view->delta : 0);
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
  return view->n_copies < kcov8i.n_per_task;
}

/* The view of this thread goes where all images have room. */
static int move(struct kcov8i_view *view) {
  struct kcov8i_view *other;
  const int err = kcov8i_view_get(view->sink, &other);
  if (err || !other)
    return err;
  const struct kcov8i_view old = *view;
  view->delta = other->delta;
  view->order = other->order;
  view->list = other->list;
  view->copies = other->copies;
  view->n_copies = other->n_copies;
  other->delta = old.delta;
  other->order = old.order;
  other->list = old.list;
  other->copies = old.copies;
  other->n_copies = old.n_copies;
  kcov8i_view_put(other);
  kcov8i_view_use(view);
  return 0;
}

void kcov8i_view_refresh(struct kcov8i_view *view) {
  if (!lacks_any(view) || !is_used_here(view))
    return;
  if (!add_copies(view))
    kcov8i_view_use(view);
  else
    (void)move(view);
}

static int save_and_move(struct kcov8i_view *view) {
  const int err = kcov8i_pending_need(view->sink);
  if (err)
    return err;
  collect_copies(view, view->sink, kcov8i.keep);
  return move(view);
}

bool kcov8i_view_any(void) { return views != NULL; }

void kcov8i_view_image_came(bool failed) {
  for (struct kcov8i_view *v = views; v; v = v->next)
    if (v->in_use && v->delta && add_copies(v))
      failed |= !is_used_here(v) || save_and_move(v);
  if (failed)
    kcov8_port_log(KCOV8_LOG_ERROR,
                   "image loaded while tasks trace: no room for copies of its "
                   "counters; a thread that traces will fault in it");
}

/* What it holds goes to its file first. */
static void forget_copy(struct kcov8i_view *view, struct kcov8i_copy **at) {
  struct kcov8i_copy *const c = *at;
  if (view->sink)
    kcov8i_collect_copy(c, NULL, view->sink, kcov8i.keep);
  *at = c->next;
  view->n_copies--;
  drop_copy(c);
}

void kcov8i_view_forget_image(const struct kcov8i_image *img) {
  for (struct kcov8i_view *v = views; v; v = v->next)
    for (struct kcov8i_copy **at = &v->copies; *at; at = &(*at)->next)
      if ((*at)->image == img) {
        forget_copy(v, at);
        break;
      }
}

void kcov8i_view_collect_all(void) {
  for (struct kcov8i_view *v = views; v; v = v->next)
    if (v->sink)
      collect_copies(v, v->sink, true);
}

void kcov8i_view_forget_all(void) {
  while (views) {
    struct kcov8i_view *const v = views;
    views = v->next;
    drop_all(v);
    kcov8_port_free(v, sizeof(*v));
  }
  free_views = NULL;
}
