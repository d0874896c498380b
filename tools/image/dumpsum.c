// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* dumpsum.c - images in the order in which they came, counters merged */
#include "image/dumpsum.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "image/dumpwrite.h"

/**
 * struct reading - a file being read
 * @counters: of image number @image, as far as it has been read
 */
struct reading {
  struct dump_sums *sums;
  size_t image;
  bool counted;
  struct sum_counter *counters;
  size_t n, cap;
};

/* ---- Counters ------------------------------------------------------------ */

/* Of values in doubt: what they are at least, as ones from bit 0 on. */
static uint32_t hits_of_doubt(int doubt) { return (uint32_t)doubt + 2; }
static uint32_t value_of_doubt(int doubt) { return (4u << doubt) - 1; }

static int doubt_of(uint32_t value) {
  for (int d = 0; d < N_DOUBTS; d++)
    if (value == value_of_doubt(d))
      return d;
  return -1;
}

static void add_counter(struct sum_counter *to, const struct sum_counter *c) {
  uint32_t count = (uint32_t)to->count + c->count, least = count;
  for (int d = 0; d < N_DOUBTS; d++)
    least += hits_of_doubt(d) * ((uint32_t)to->doubts[d] + c->doubts[d]);
  if (least >= UINT8_MAX) { /* no doubt any more */
    memset(to->doubts, 0, sizeof(to->doubts));
    to->count = UINT8_MAX;
    return;
  }
  to->count = (uint8_t)count;
  for (int d = 0; d < N_DOUBTS; d++)
    to->doubts[d] = (uint8_t)(to->doubts[d] + c->doubts[d]);
}

static void merge_counters(struct sum_image *img,
                           const struct sum_counter *more, size_t n_more) {
  struct sum_counter *old = img->counters;
  size_t n_old = img->n;
  img->counters = NULL;
  img->n = img->cap = 0;
  for (size_t i = 0, j = 0; i < n_old || j < n_more;) {
    bool own = j == n_more || (i < n_old && old[i].index <= more[j].index);
    bool both = own && j < n_more && old[i].index == more[j].index;
    img->counters =
        vec_push(img->counters, &img->n, &img->cap, sizeof(*img->counters));
    struct sum_counter *c = &img->counters[img->n - 1];
    *c = own ? old[i++] : more[j++];
    if (both)
      add_counter(c, &more[j++]);
  }
  free(old);
}

/* ---- What a file tells --------------------------------------------------- */

static void take_program(void *to, uint64_t pid, const char *path) {
  struct dump_sums *sums = ((struct reading *)to)->sums;
  if (!sums->program)
    sums->program = xstrndup(path, strlen(path));
  else if (strcmp(sums->program, path) != 0)
    *sums->program = 0;
  sums->pid = sums->n_dumps++ ? 0 : pid;
}

static void take_image(void *to, const struct dump_image *image) {
  struct reading *r = to;
  struct dump_sums *sums = r->sums;
  r->counted = image->counted;
  for (r->image = 0; r->image < sums->n; r->image++)
    if (sums->images[r->image].digest == image->digest &&
        sums->images[r->image].n_counters == image->n_counters)
      return;
  sums->images =
      vec_push(sums->images, &sums->n, &sums->cap, sizeof(*sums->images));
  sums->images[r->image] =
      (struct sum_image){.digest = image->digest,
                         .n_counters = image->n_counters,
                         .path = xstrndup(image->path, strlen(image->path))};
}

static void take_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct reading *r = to;
  int doubt = r->counted ? -1 : doubt_of(value);
  for (uint64_t i = 0; i < n; i++) {
    r->counters = vec_push(r->counters, &r->n, &r->cap, sizeof(*r->counters));
    struct sum_counter *c = &r->counters[r->n - 1];
    *c = (struct sum_counter){.index = first + i};
    if (doubt < 0)
      c->count = (uint8_t)value;
    else
      c->doubts[doubt] = 1;
  }
}

static void take_moved(void *to, uint64_t pc, uint64_t id) {
  struct reading *r = to;
  struct sum_image *img = &r->sums->images[r->image];
  img->moved =
      vec_push(img->moved, &img->n_moved, &img->cap_moved, sizeof(*img->moved));
  img->moved[img->n_moved - 1] = (struct sum_moved){id, pc};
}

static void take_image_end(void *to) {
  struct reading *r = to;
  struct sum_image *img = &r->sums->images[r->image];
  img->counted = r->counted;
  img->n_parts++;
  merge_counters(img, r->counters, r->n);
  r->n = 0;
}

enum dump_result dump_sums_read(struct dump_sums *sums, FILE *f,
                                const char *name) {
  static const struct dump_client client = {
      .program = take_program,
      .image = take_image,
      .run = take_run,
      .moved = take_moved,
      .image_end = take_image_end,
  };
  struct reading r = {.sums = sums};
  enum dump_result result = dumpfile_read(f, name, &client, &r);
  free(r.counters);
  return result;
}

/* ---- Writing ------------------------------------------------------------- */

static int compare_moved(const void *a, const void *b) {
  const struct sum_moved *x = a, *y = b;
  return x->id != y->id ? (x->id > y->id) - (x->id < y->id)
                        : (x->pc > y->pc) - (x->pc < y->pc);
}

/* Each once; of one process they are, and in its order. */
static void sort_moved(struct sum_image *img) {
  size_t n = 0;
  if (img->n_parts == 1 || !img->n_moved)
    return;
  qsort(img->moved, img->n_moved, sizeof(*img->moved), compare_moved);
  for (size_t i = 0; i < img->n_moved; i++)
    if (!n || compare_moved(&img->moved[n - 1], &img->moved[i]) != 0)
      img->moved[n++] = img->moved[i];
  img->n_moved = n;
}

static void begin_part(struct dump_writer *w, const struct sum_image *img,
                       bool counted) {
  dump_write_image(w, &(struct dump_image){.digest = img->digest,
                                           .n_counters = img->n_counters,
                                           .counted = counted,
                                           .path = img->path});
}

static void end_part(struct dump_writer *w, const struct sum_image *img) {
  for (size_t i = 0; i < img->n_moved; i++)
    dump_write_moved(w, img->moved[i].pc, img->moved[i].id);
}

/* Take one value in doubt off a counter. Return: 0: there is none. */
static uint32_t take_doubt(struct sum_counter *c) {
  for (int d = 0; d < N_DOUBTS; d++)
    if (c->doubts[d]) {
      c->doubts[d]--;
      return value_of_doubt(d);
    }
  return 0;
}

static void write_image(struct dump_writer *w, struct sum_image *img) {
  bool once = img->n_parts == 1, left = false;
  sort_moved(img);
  begin_part(w, img, once ? img->counted : true);
  for (size_t i = 0; i < img->n; i++) {
    struct sum_counter c = img->counters[i];
    uint32_t value = c.count;
    if (!value && once)
      value = take_doubt(&c);
    if (value)
      dump_write_run(w, c.index, 1, value);
    for (int d = 0; d < N_DOUBTS; d++)
      left |= !once && c.doubts[d];
  }
  end_part(w, img);
  struct sum_counter *rest = xcalloc(img->n, sizeof(*rest));
  if (left)
    memcpy(rest, img->counters, img->n * sizeof(*rest));
  while (left) {
    bool begun = false;
    for (size_t i = 0; i < img->n; i++) {
      uint32_t value = take_doubt(&rest[i]);
      if (value && !begun)
        begin_part(w, img, false);
      begun |= value != 0;
      if (value)
        dump_write_run(w, rest[i].index, 1, value);
    }
    if (begun)
      end_part(w, img);
    left = begun;
  }
  free(rest);
}

void dump_sums_write(const struct dump_sums *sums, FILE *f) {
  struct dump_writer w;
  dump_write_begin(&w, f, sums->pid, sums->program ? sums->program : "");
  for (size_t i = 0; i < sums->n; i++)
    write_image(&w, &sums->images[i]);
  dump_write_end(&w);
}

void dump_sums_free(struct dump_sums *sums) {
  for (size_t i = 0; i < sums->n; i++) {
    free(sums->images[i].path);
    free(sums->images[i].counters);
    free(sums->images[i].moved);
  }
  free(sums->images);
  free(sums->program);
  *sums = (struct dump_sums){0};
}
