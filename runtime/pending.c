/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * pending.c - what was harvested for a file, but is not in its buffer yet
 *
 * All counters are shared, so whoever flushes takes everybody's hits. While two
 * or more files are enabled, each has a set: one byte, the hits so far, per
 * counter of each loaded image. A flush marks what it takes in the sets of all
 * enabled files, then moves its own set to its own buffer.
 *
 * Sets are allocated where a call may fail: when a second file is enabled, at a
 * harvest, at an unload (both take hits outside of any file's flush), and with
 * a late image while sets are in use. So a flush never allocates for them. They
 * are freed when their file is disabled. A set of an image that is unloaded
 * keeps its marks: the slots are still reserved.
 *
 * All with the lock held.
 */
#include "internal.h"

static size_t set_bytes(const struct kcov8i_image *img) {
  return sizeof(struct kcov8i_pending) + img->n_indexes;
}

static struct kcov8i_pending *find(const struct kcov8_file *file,
                                   const struct kcov8i_image *img) {
  struct kcov8i_pending *p = file->pending;
  while (p && p->image != img)
    p = p->next;
  return p;
}

/* Puts a set at the head of @file's list, if it has none for @img. */
static int add(struct kcov8_file *file, struct kcov8i_image *img) {
  if (find(file, img))
    return 0;
  struct kcov8i_pending *const p = kcov8_port_alloc(set_bytes(img));
  if (!p)
    return -KCOV8_ENOMEM;
  p->image = img;
  p->next = file->pending;
  file->pending = p;
  return 0;
}

/* Frees sets from the head until @old is the head: undoes adds. */
static void cut(struct kcov8_file *file, struct kcov8i_pending *old) {
  while (file->pending != old) {
    struct kcov8i_pending *const p = file->pending;
    file->pending = p->next;
    kcov8_port_free(p, set_bytes(p->image));
  }
}

static int add_all(struct kcov8_file *file) {
  struct kcov8i_pending *const old = file->pending;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    if (i->desc && add(file, i)) {
      cut(file, old);
      return -KCOV8_ENOMEM;
    }
  }
  return 0;
}

int kcov8i_pending_need(struct kcov8_file *extra) {
  for (struct kcov8_file *f = kcov8i.enabled; f; f = f->next_enabled)
    if (add_all(f))
      return -KCOV8_ENOMEM;
  if (extra && add_all(extra)) {
    /* Two enabled files had theirs before; a lone one may have got them now. */
    struct kcov8_file *const f = kcov8i.enabled;
    if (kcov8i.n_enabled == 1 && !f->pending_dirty)
      cut(f, NULL);
    return -KCOV8_ENOMEM;
  }
  return 0;
}

int kcov8i_pending_need_image(struct kcov8i_image *img, bool is_new) {
  for (struct kcov8_file *f = kcov8i.enabled; f; f = f->next_enabled) {
    if ((!f->pending && kcov8i.n_enabled == 1) || !add(f, img))
      continue;
    /* Those just added go with the image; a ghost's may have marks. */
    for (struct kcov8_file *g = kcov8i.enabled; is_new && g != f;
         g = g->next_enabled)
      if (g->pending && g->pending->image == img)
        cut(g, g->pending->next);
    return -KCOV8_ENOMEM;
  }
  return 0;
}

static void mark_hits(struct kcov8_file *file, struct kcov8i_image *img,
                      const struct kcov8i_hit *hits, size_t n_hits) {
  struct kcov8i_pending *const p = find(file, img);
  if (!p)
    return; /* no memory at an unload: reported there */
  for (size_t i = 0; i < n_hits; i++)
    kcov8i_add_count(&p->bytes[hits[i].index], hits[i].count);
  file->pending_dirty = true;
}

void kcov8i_pending_mark(struct kcov8_file *file, struct kcov8i_image *img,
                         const struct kcov8i_hit *hits, size_t n_hits) {
  if (!n_hits)
    return;
  if (file)
    mark_hits(file, img, hits, n_hits);
  else
    for (struct kcov8_file *f = kcov8i.enabled; f; f = f->next_enabled)
      mark_hits(f, img, hits, n_hits);
}

void kcov8i_pending_drain(struct kcov8_file *file, struct kcov8i_append *a) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next) {
    struct kcov8i_pending *const p = find(file, i);
    for (size_t pos = 0; p && pos < i->n_indexes;) {
      const size_t n = kcov8i_sweep(p->bytes, i->n_indexes, &pos, hits);
      kcov8i_append_hits(a, i->slots, hits, n);
    }
  }
  file->pending_dirty = false;
}

void kcov8i_pending_clear(struct kcov8_file *file) {
  for (struct kcov8i_pending *p = file->pending; p; p = p->next)
    memset(p->bytes, 0, p->image->n_indexes);
  file->pending_dirty = false;
}

void kcov8i_pending_free(struct kcov8_file *file) {
  cut(file, NULL);
  file->pending_dirty = false;
}
