// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* results.c - a client of the reader of dumps that keeps no counts */
#include "index/results.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

struct image_hits *results_of(struct results *r, const struct dump_image *img) {
  for (size_t i = 0; i < r->n; i++)
    if (r->images[i].digest == img->digest &&
        r->images[i].n_counters == img->n_counters)
      return &r->images[i];
  const char *program = r->program ? r->program : "";
  r->images = vec_push(r->images, &r->n, &r->cap, sizeof(*r->images));
  r->images[r->n - 1] = (struct image_hits){
      .digest = img->digest,
      .n_counters = img->n_counters,
      .path = xstrndup(img->path, strlen(img->path)),
      .program = xstrndup(program, strlen(program)),
  };
  return &r->images[r->n - 1];
}

/**
 * struct reading - a file being read
 * @hits: of the image that is being read. Those that are there are united with
 *        them at its end: whatever their order, one file costs its size.
 */
struct reading {
  struct results *r;
  size_t image;
  struct hits hits;
};

static void take_program(void *to, uint64_t pid, const char *path) {
  struct reading *reading = to;
  (void)pid;
  free(reading->r->program);
  reading->r->program = xstrndup(path, strlen(path));
}

static void take_image(void *to, const struct dump_image *img) {
  struct reading *reading = to;
  reading->image = (size_t)(results_of(reading->r, img) - reading->r->images);
}

static void take_run(void *to, uint64_t first, uint64_t n, uint32_t value) {
  struct reading *reading = to;
  if (value)
    hits_add(&reading->hits, first, n);
}

static void take_image_end(void *to) {
  struct reading *reading = to;
  hits_union(&reading->r->images[reading->image].hits, &reading->hits);
  hits_free(&reading->hits);
}

enum dump_result results_read(struct results *r, FILE *f, const char *name) {
  static const struct dump_client client = {
      .program = take_program,
      .image = take_image,
      .run = take_run,
      .image_end = take_image_end,
  };
  struct reading reading = {.r = r};
  return dumpfile_read(f, name, &client, &reading);
}

void results_free(struct results *r) {
  for (size_t i = 0; i < r->n; i++) {
    free(r->images[i].path);
    free(r->images[i].program);
    hits_free(&r->images[i].hits);
  }
  free(r->images);
  free(r->program);
  *r = (struct results){0};
}
