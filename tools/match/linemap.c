// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* linemap.c - votes of blocks, counted line by line */
#include "match/linemap.h"

#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "base/tool.h"

static int compare_pairs(const void *a, const void *b) {
  const struct line_pair *x = a, *y = b;
  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  if (x->line != y->line)
    return x->line < y->line ? -1 : 1;
  if (x->to_file != y->to_file)
    return x->to_file < y->to_file ? -1 : 1;
  return (x->to_line > y->to_line) - (x->to_line < y->to_line);
}

static bool same_line(const struct line_pair *a, const struct line_pair *b) {
  return a->file == b->file && a->line == b->line;
}

/* Of @n votes, one for each line stays; none if it is a draw. */
static size_t elect(struct line_pair *v, size_t n) {
  size_t elected = 0;
  if (n)
    qsort(v, n, sizeof(*v), compare_pairs);
  for (size_t i = 0, end; i < n; i = end) {
    struct line_pair line = v[i], winner = line;
    size_t most = 0;
    bool draw = false;
    for (end = i; end < n && same_line(&line, &v[end]);) {
      size_t first = end;
      while (end < n && compare_pairs(&v[first], &v[end]) == 0)
        end++;
      if (end - first >= most) {
        draw = end - first == most;
        most = end - first;
        winner = v[first];
      }
    }
    if (!draw)
      v[elected++] = winner;
  }
  return elected;
}

/* Two blocks that are one tell for their first lines, and for their last. */
void line_map_make(struct line_map *map, const struct match *m) {
  size_t n = 0;
  struct line_pair *v = xcalloc(2 * m->from->n_blocks, sizeof(*v));
  for (uint32_t b = 0; b < m->from->n_blocks; b++) {
    if (m->blocks[b] == NO_MATCH)
      continue;
    const struct block *x = &m->from->blocks[b];
    const struct block *y = &m->to->blocks[m->blocks[b]];
    if (!x->l0 || !y->l0)
      continue;
    v[n++] = (struct line_pair){x->file, x->l0, y->file, y->l0};
    v[n++] = (struct line_pair){x->file, x->l1, y->file, y->l1};
  }
  *map = (struct line_map){.there = v, .back = xcalloc(n, sizeof(*v))};
  for (size_t i = 0; i < n; i++)
    map->back[i] =
        (struct line_pair){v[i].to_file, v[i].to_line, v[i].file, v[i].line};
  map->n_there = elect(map->there, n);
  map->n_back = elect(map->back, n);
}

void line_map_free(struct line_map *map) {
  free(map->there);
  free(map->back);
}

static bool pair_below(const void *element, const void *key) {
  const struct line_pair *v = element, *k = key;
  return v->file < k->file || (v->file == k->file && v->line < k->line);
}

bool line_map_find(const struct line_map *map, bool back, uint32_t file,
                   uint32_t line, struct line_pair *found) {
  const struct line_pair *v = back ? map->back : map->there;
  size_t n = back ? map->n_back : map->n_there;
  struct line_pair key = {.file = file, .line = line};
  size_t i = lower_bound(v, n, sizeof(*v), pair_below, &key);
  if (i < n && same_line(&v[i], &key)) {
    *found = v[i];
    return true;
  }
  if (!i || i == n)
    return false;
  const struct line_pair *before = &v[i - 1], *behind = &v[i];
  if (before->file != file || behind->file != file ||
      before->to_file != behind->to_file ||
      behind->to_line - before->to_line != behind->line - before->line)
    return false;
  *found = (struct line_pair){file, line, before->to_file,
                              before->to_line + (line - before->line)};
  return true;
}
