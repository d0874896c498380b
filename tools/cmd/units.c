// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * units.c - which compilation units an image has, and which are not alike
 *
 * A unit has blocks if a function of its entries is in the image. Linkers keep
 * the entries of an object together, behind that of its unit; link-time
 * optimisation moves those of inline functions behind the last one.
 */
#include "cmd/units.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

char *unit_options(const struct map_unit *unit) {
  char *options = xstrndup(unit->options.s, unit->options.len);
  for (char *p = options; (p = strstr(p, "unit=")); p++) {
    if (p != options && p[-1] != ' ')
      continue;
    size_t len = strcspn(p, " ");
    len += p[len] == ' ';
    memmove(p, p + len, strlen(p + len) + 1);
    break;
  }
  for (size_t len = strlen(options); len && options[len - 1] == ' ';)
    options[--len] = 0;
  return options;
}

/* A unit and its options, to be sorted. */
struct kind {
  char *options;
  const struct map_unit *unit;
};

static int compare_kinds(const void *a, const void *b) {
  const struct kind *x = a, *y = b;
  int order = strcmp(x->options, y->options);
  return order ? order : (x->unit > y->unit) - (x->unit < y->unit);
}

static int compare_sources(const void *a, const void *b) {
  const struct map_unit *x = *(const struct map_unit *const *)a;
  const struct map_unit *y = *(const struct map_unit *const *)b;
  size_t len = x->source.len < y->source.len ? x->source.len : y->source.len;
  int order = memcmp(x->source.s, y->source.s, len);
  if (order)
    return order;
  return (x->source.len > y->source.len) - (x->source.len < y->source.len);
}

static size_t end_of_kind(const struct kind *kinds, size_t n, size_t first) {
  size_t end = first;
  while (end < n && strcmp(kinds[end].options, kinds[first].options) == 0)
    end++;
  return end;
}

static void find_odd(struct units *u) {
  struct kind *kinds = xcalloc(u->n, sizeof(*kinds));
  for (size_t i = 0; i < u->n; i++)
    kinds[i] = (struct kind){unit_options(u->all[i]), u->all[i]};
  qsort(kinds, u->n, sizeof(*kinds), compare_kinds);
  size_t usual = 0;
  for (size_t i = 0, end; i < u->n; i = end) {
    end = end_of_kind(kinds, u->n, i);
    if (end - i <= u->n_usual)
      continue;
    u->n_usual = end - i;
    usual = i;
  }
  if (u->n)
    u->usual = kinds[usual].unit;
  for (size_t i = 0; i < u->n; i++)
    if (i < usual || i >= usual + u->n_usual)
      u->odd[u->n_odd++] = kinds[i].unit;
  qsort(u->odd, u->n_odd, sizeof(void *), compare_sources);
  for (size_t i = 0; i < u->n; i++)
    free(kinds[i].options);
  free(kinds);
}

void units_gather(struct units *units, const struct image *img) {
  const struct map *map = &img->map;
  bool *has_blocks = xcalloc(map->n_units, sizeof(*has_blocks));
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    if (f->unit < map->n_units && !f->discarded)
      has_blocks[f->unit] = true;
  }
  *units = (struct units){
      .all = xcalloc(map->n_units, sizeof(void *)),
      .odd = xcalloc(map->n_units, sizeof(void *)),
  };
  for (size_t i = 0; i < map->n_units; i++)
    if (has_blocks[i])
      units->all[units->n++] = &map->units[i];
  free(has_blocks);
  find_odd(units);
}

void units_free(struct units *units) {
  free(units->all);
  free(units->odd);
}
