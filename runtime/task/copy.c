/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * copy.c - the copies of a view: where they lie
 */
#include "task/view.h"

#define PAGE ((uintptr_t)4096) /* x86-64's, the only one with gs */

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

intptr_t kcov8i_copy_distance(const struct kcov8i_copy *c) {
  return (intptr_t)((uintptr_t)c->counters - (uintptr_t)c->image->counters);
}

static void place_copy(struct kcov8i_copy *c, intptr_t delta) {
  c->counters = c->image->counters + delta;
  if (c->image->summary.marks)
    c->marks = c->image->summary.marks + delta;
}

void kcov8i_copy_drop(struct kcov8i_copy *c) {
  struct kcov8i_image *const img = c->image;
  const intptr_t delta = kcov8i_copy_distance(c);
  size_t bytes;
  if (img->segment) {
    uint8_t *const page = first_page(img, &bytes);
    kcov8_port_unmap(page + delta, bytes);
  } else {
    uint8_t *const from = first_byte(img, &bytes);
    kcov8_port_free(from + delta, bytes);
  }
  kcov8i_seen_free(img, c->seen);
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
  if (!view->delta) /* kcov8_remote_base() reads it without a lock */
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
  if (img->implied.n_rules)
    c->seen = kcov8i_seen_alloc(img);
  int err = img->implied.n_rules && !c->seen ? -KCOV8_ENOMEM : 0;
  if (!err)
    err = img->segment ? map_copy(view, c) : allocate_copy(c);
  if (err) {
    kcov8i_seen_free(img, c->seen);
    kcov8_port_free(c, sizeof(*c));
  } else {
    *out = c;
  }
  return err;
}

bool kcov8i_needs_copy(const struct kcov8i_image *img) {
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
int kcov8i_copies_add(struct kcov8i_view *view) {
  struct kcov8i_copy **at = &view->copies;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (!kcov8i_needs_copy(i))
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

void kcov8i_copies_drop(struct kcov8i_view *view) {
  while (view->copies) {
    struct kcov8i_copy *const c = view->copies;
    view->copies = c->next;
    kcov8i_copy_drop(c);
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

static int place(struct kcov8i_view *view) {
  int err = -KCOV8_ENOMEM;
  if (!kcov8_port_distance)
    return kcov8i_copies_add(view);
  for (unsigned int n = 0; err && (view->delta = kcov8_port_distance(n)); n++) {
    err = kcov8i_copies_add(view);
    if (err)
      kcov8i_copies_drop(view);
  }
  return err;
}

/* None of its copies has to be at one distance with others. */
static bool is_anywhere(const struct kcov8i_view *view) {
  bool segment = false;
  for (const struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    segment |= kcov8i_needs_copy(i) && i->segment;
  return view->copies && !segment;
}

/* Images may have come since it had its place. */
int kcov8i_copies_fill(struct kcov8i_view *view) {
  if ((view->delta || is_anywhere(view)) && !kcov8i_copies_add(view))
    return 0;
  /* A thread that was not told yet that its task stopped may count there. */
  if (view->delta && kcov8_port_rebase)
    (void)kcov8_port_rebase(view->delta, 0);
  kcov8i_copies_drop(view);
  return place(view);
}
