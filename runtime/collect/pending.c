/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * pending.c - what was harvested for a file, but is not in its buffer yet
 *
 * Where counters are shared, whoever flushes takes everybody's hits. While two
 * or more files are enabled, each has a set: one byte, the hits so far, per
 * counter of each loaded image. A flush marks what it takes in the sets of all
 * enabled files, then moves its own set to its own buffer. A file with counts
 * always has one: several hits may add up to a block's.
 *
 * Sets are allocated where a call may fail: when a second file is enabled, at a
 * harvest, at an unload (both take hits outside of any file's flush), and with
 * a late image while sets are in use. So a flush never allocates for them. They
 * are freed when their file is disabled. A set of an image that is unloaded
 * keeps its marks: the slots are still reserved.
 *
 * A flush marks with the core's lock held, and takes that of each file that it
 * marks: this one may be flushed by its own alone (base/lock.c).
 */
#include "collect/collect.h"

void kcov8i_sink_lock(struct kcov8i_sink *sink) {
  if (sink)
    kcov8i_mutex_lock(sink->mutex);
}

void kcov8i_sink_unlock(struct kcov8i_sink *sink) {
  if (sink)
    kcov8i_mutex_unlock(sink->mutex);
}

static size_t set_bytes(const struct kcov8i_image *img) {
  return sizeof(struct kcov8i_pending) + img->n_indexes;
}

static struct kcov8i_pending *find(const struct kcov8i_sink *sink,
                                   const struct kcov8i_image *img) {
  struct kcov8i_pending *p = sink->pending;
  while (p && p->image != img)
    p = p->next;
  return p;
}

/* Puts a set at the head of @sink's list, if it has none for @img. */
static int add(struct kcov8i_sink *sink, struct kcov8i_image *img) {
  if (find(sink, img))
    return 0;
  struct kcov8i_pending *const p = kcov8_port_alloc(set_bytes(img));
  if (!p)
    return -KCOV8_ENOMEM;
  p->image = img;
  p->next = sink->pending;
  sink->pending = p;
  return 0;
}

/* Frees sets from the head until @old is the head: undoes adds. */
static void cut(struct kcov8i_sink *sink, struct kcov8i_pending *old) {
  while (sink->pending != old) {
    struct kcov8i_pending *const p = sink->pending;
    sink->pending = p->next;
    kcov8_port_free(p, set_bytes(p->image));
  }
}

static int add_all(struct kcov8i_sink *sink) {
  struct kcov8i_pending *const old = sink->pending;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (i->desc && add(sink, i)) {
      cut(sink, old);
      return -KCOV8_ENOMEM;
    }
  }
  return 0;
}

static int add_all_locked(struct kcov8i_sink *sink) {
  kcov8i_sink_lock(sink);
  const int err = add_all(sink);
  kcov8i_sink_unlock(sink);
  return err;
}

static void cut_locked(struct kcov8i_sink *sink, struct kcov8i_pending *old) {
  kcov8i_sink_lock(sink);
  cut(sink, old);
  kcov8i_sink_unlock(sink);
}

int kcov8i_pending_need(struct kcov8i_sink *extra) {
  for (struct kcov8i_sink *s = kcov8i.enabled; s; s = s->next)
    if (add_all_locked(s))
      return -KCOV8_ENOMEM;
  if (extra && add_all_locked(extra)) {
    /* Two enabled files had theirs before; a lone one may have got them now. */
    struct kcov8i_sink *const s = kcov8i.enabled;
    kcov8i_sink_lock(s);
    if (kcov8i.n_enabled == 1 && !s->dirty && !s->buffer.counts)
      cut(s, NULL);
    kcov8i_sink_unlock(s);
    return -KCOV8_ENOMEM;
  }
  return 0;
}

int kcov8i_pending_need_one(struct kcov8i_sink *sink) { return add_all(sink); }

/* For all images or none: what is in one makes a flush go by way of all. */
static int add_image(struct kcov8i_sink *sink, struct kcov8i_image *img) {
  struct kcov8i_pending *const old = sink->pending;
  int err = old ? 0 : add_all(sink);
  if (!err)
    err = add(sink, img);
  if (err)
    cut(sink, old);
  return err;
}

int kcov8i_pending_need_image(struct kcov8i_image *img, bool is_new) {
  for (struct kcov8i_sink *s = kcov8i.enabled; s; s = s->next) {
    const bool for_others = kcov8i.n_enabled > 1 && !img->per_task;
    kcov8i_sink_lock(s);
    const int err =
        s->pending || s->buffer.counts || for_others ? add_image(s, img) : 0;
    kcov8i_sink_unlock(s);
    if (!err)
      continue;
    /* Those just added go with the image; a ghost's may have marks. */
    for (struct kcov8i_sink *g = kcov8i.enabled; is_new && g != s; g = g->next)
      if (g->pending && g->pending->image == img)
        cut_locked(g, g->pending->next);
    return -KCOV8_ENOMEM;
  }
  return 0;
}

static void mark_hits(struct kcov8i_sink *sink, struct kcov8i_image *img,
                      const struct kcov8i_hit *hits, size_t n_hits) {
  struct kcov8i_pending *const p = find(sink, img);
  if (!p)
    return; /* no memory at an unload: reported there */
  for (size_t i = 0; i < n_hits; i++)
    kcov8i_add_count(&p->bytes[hits[i].index], hits[i].count);
  sink->dirty = true;
}

void kcov8i_pending_mark(struct kcov8i_sink *sink, struct kcov8i_image *img,
                         const struct kcov8i_hit *hits, size_t n_hits) {
  if (!n_hits)
    return;
  if (sink)
    mark_hits(sink, img, hits, n_hits);
  for (struct kcov8i_sink *s = sink ? NULL : kcov8i.enabled; s; s = s->next) {
    kcov8i_sink_lock(s);
    if (s->active)
      mark_hits(s, img, hits, n_hits);
    kcov8i_sink_unlock(s);
  }
}

void kcov8i_pending_drain(struct kcov8i_sink *sink, struct kcov8i_append *a) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  for (struct kcov8i_image *i = kcov8i_first_image(); i;
       i = kcov8i_next_image(i)) {
    struct kcov8i_pending *const p = find(sink, i);
    for (size_t pos = 0; p && pos < i->n_indexes;) {
      const size_t n = kcov8i_sweep(p->bytes, i->n_indexes, &pos, hits);
      kcov8i_append_image(a, i, hits, n);
    }
  }
  sink->dirty = false;
}

void kcov8i_pending_clear(struct kcov8i_sink *sink) {
  for (struct kcov8i_pending *p = sink->pending; p; p = p->next)
    memset(p->bytes, 0, p->image->n_indexes);
  sink->dirty = false;
}

void kcov8i_pending_free(struct kcov8i_sink *sink) {
  cut(sink, NULL);
  sink->dirty = false;
}
