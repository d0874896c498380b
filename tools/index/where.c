// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* where.c - from lines and names to blocks of an image */
#include "index/where.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "index/extent.h"
#include "index/marks.h"

/* ---- Reading ------------------------------------------------------------- */

static bool take_line(const char **p, uint32_t *line) {
  uint64_t v = 0;
  const char *begin = *p;
  for (; **p >= '0' && **p <= '9'; ++*p)
    v = v > UINT32_MAX ? v : v * 10 + (uint64_t)(**p - '0');
  *line = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
  return *p != begin;
}

void where_add_lines(struct where *w, uint32_t first, uint32_t last,
                     uint8_t why) {
  w->lines = vec_push(w->lines, &w->n_lines, &w->cap_lines, sizeof(*w->lines));
  w->lines[w->n_lines - 1] =
      (struct lines_asked){first, last, w->n_groups, why};
}

void where_new_group(struct where *w) { w->n_groups++; }

const char *where_parse(struct where *w, const char *text) {
  *w = (struct where){.text = text};
  const char *colon = strrchr(text, ':'), *p = colon ? colon + 1 : "";
  uint32_t first, last;
  if (!*text)
    return "it is empty";
  if (!take_line(&p, &first)) { /* no number: ns::name, too */
    w->name = xstrndup(text, strlen(text));
    w->why = WHY_LINE;
    return NULL;
  }
  last = first;
  if (*p == '-' && (p++, !take_line(&p, &last)))
    return "FILE:FIRST-LAST has two numbers";
  if (*p)
    return "what follows the line is no number";
  if (colon == text)
    return "there is no file in front of the line";
  if (first == 0)
    return "lines begin with 1";
  if (last < first)
    return "the last line is ahead of the first";
  w->path = xstrndup(text, (size_t)(colon - text));
  where_add_lines(w, first, last, WHY_LINE);
  return NULL;
}

void where_free(struct where *w) {
  free(w->path);
  free(w->name);
  free(w->lines);
}

/* ---- Blocks -------------------------------------------------------------- */

static bool is_named(const struct func *f, const char *name) {
  size_t n = strlen(name);
  return strcmp(f->name, name) == 0 ||
         (strncmp(f->display, name, n) == 0 &&
          (f->display[n] == 0 || f->display[n] == '('));
}

static void see_line(struct where *w, const struct run *r) {
  uint32_t last = r->first + r->count - 1;
  for (size_t i = 0; i < w->n_lines; i++) {
    uint32_t near = r->first > w->lines[i].last ? r->first : last;
    if (w->lines[i].why != WHY_LINE)
      continue;
    bool behind = near > w->lines[i].last, was = w->near > w->lines[i].last;
    if (!w->near || (behind && (!was || near < w->near)) ||
        (!behind && !was && near > w->near))
      w->near = near;
  }
}

static uint8_t why_of_run(struct where *w, const struct run *r) {
  uint8_t why = 0;
  for (size_t i = 0; i < w->n_lines; i++)
    if (r->first <= w->lines[i].last &&
        w->lines[i].first <= r->first + r->count - 1)
      why |= w->lines[i].why;
  return why;
}

static bool can_run(const struct image *img, const struct block *b) {
  return !(b->flags & KCOV8_BLOCK_REMOVED) && !img->funcs[b->func].discarded;
}

static void mark_runs(struct where *w, const struct image *img,
                      const bool *files, uint8_t *why) {
  for (size_t i = 0; i < img->n_blocks; i++) {
    const struct block *b = &img->blocks[i];
    uint8_t new = 0;
    for (uint32_t r = 0; r < b->n_runs; r++) {
      const struct run *run = &img->runs[b->run + r];
      if (!files[run->file])
        continue;
      new |= why_of_run(w, run);
      if (can_run(img, b))
        see_line(w, run);
    }
    if (can_run(img, b) && new &WHY_LINE && !(why[i] & WHY_LINE))
      w->n_blocks++;
    why[i] |= new;
  }
}

/* Lines whose functions are asked for become the functions' lines. */
static void add_extents(struct where *w, const struct image *img,
                        const bool *files) {
  size_t n_lines = w->n_lines, n;
  struct extent *e = extents_make(img, files, &n);
  for (size_t i = 0; i < n_lines; i++)
    for (size_t k = 0; k < n && w->lines[i].why & WHY_FUNCTION; k++)
      if (e[k].first <= w->lines[i].last && w->lines[i].first <= e[k].last)
        where_add_lines(w, e[k].first, e[k].last, WHY_FUNCTION);
  free(e);
}

/* Whether @r is on lines of a group, or in functions that have such lines. */
struct group {
  const struct where *w;
  uint32_t number;
  const struct extent *extents;
  size_t n;
};

static bool has_lines(const struct group *g, uint32_t first, uint32_t last) {
  for (size_t i = 0; i < g->w->n_lines; i++) {
    const struct lines_asked *l = &g->w->lines[i];
    if (l->group == g->number && l->why == WHY_LINE && first <= l->last &&
        l->first <= last)
      return true;
  }
  return false;
}

static bool in_functions(const struct group *g, const struct run *r) {
  for (size_t i = 0; i < g->n; i++)
    if (r->first <= g->extents[i].last &&
        g->extents[i].first <= r->first + r->count - 1)
      return true;
  return false;
}

static void mark_group(const struct group *g, const struct image *img,
                       const bool *files, uint8_t *why) {
  bool *has = xcalloc(img->n_funcs, sizeof(*has));
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < img->n_blocks; i++)
      for (uint32_t r = 0; r < img->blocks[i].n_runs; r++) {
        const struct run *run = &img->runs[img->blocks[i].run + r];
        if (!files[run->file])
          continue;
        if (pass == 0)
          has[img->blocks[i].func] |=
              has_lines(g, run->first, run->first + run->count - 1);
        else if (!has[img->blocks[i].func] && in_functions(g, run))
          why[i] |= WHY_FUNCTION;
      }
  free(has);
}

static void mark_groups(const struct where *w, const struct image *img,
                        const bool *files, uint8_t *why) {
  size_t n;
  struct extent *all = extents_make(img, files, &n);
  struct extent *own = xcalloc(n, sizeof(*own));
  for (uint32_t number = 1; number <= w->n_groups; number++) {
    struct group g = {w, number, own, 0};
    for (size_t k = 0; k < n; k++)
      if (has_lines(&g, all[k].first, all[k].last))
        own[g.n++] = all[k];
    if (g.n)
      mark_group(&g, img, files, why);
  }
  free(all);
  free(own);
}

static void mark_lines(struct where *w, const struct image *img, uint8_t *why) {
  size_t n_own = w->n_lines;
  bool any = false, *files = xcalloc(img->files.n, sizeof(*files));
  for (size_t i = 0; i < img->files.n; i++)
    any |= files[i] = strcmp(img->files.strings[i], w->path) == 0;
  if (any) {
    add_extents(w, img, files);
    mark_runs(w, img, files, why);
    if (w->n_groups)
      mark_groups(w, img, files, why);
  }
  w->n_lines = n_own;
  free(files);
}

static void mark_function(struct where *w, const struct image *img,
                          uint8_t *why) {
  size_t n;
  struct extent *e = extents_make(img, NULL, &n);
  for (uint32_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    for (uint32_t b = f->first_block;
         is_named(f, w->name) && b < f->first_block + f->n_blocks; b++)
      if (!(why[b] & w->why)) {
        w->n_blocks += can_run(img, &img->blocks[b]);
        why[b] |= w->why;
      }
  }
  for (size_t k = 0; k < n; k++)
    if (is_named(&img->funcs[e[k].func], w->name)) {
      struct where lines = {.path =
                                img->files.strings[img->funcs[e[k].func].file]};
      where_add_lines(&lines, e[k].first, e[k].last, w->why);
      mark_lines(&lines, img, why);
      w->n_blocks += lines.n_blocks;
      free(lines.lines);
    }
  free(e);
}

void where_mark(struct where *w, const struct image *img, uint8_t *why) {
  if (w->path)
    mark_lines(w, img, why);
  else
    mark_function(w, img, why);
}
