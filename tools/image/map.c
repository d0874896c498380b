// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * map.c - one pass over .kcov8.map that leaves nothing unchecked
 *
 * An entry that does not hold together is left out, which is said, and the next
 * one is searched for; the function keeps its hash for a name. A place that
 * cannot be is no place, and the rest of its entry counts.
 */
#include "image/map.h"

#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/tool.h"

#define HEADER_BYTES 12
/*
 * A report allocates by line number, a page has so many lines. No
 * source has more; a #line may say so: such a place is none.
 */
#define MAX_LINE 0xffffffu
/* The least that one block, file or rule can take: bounds their number. */
#define MIN_BLOCK_BYTES 11

static void bad(struct map_cursor *c, const char *error) {
  if (!c->error)
    c->error = error;
  c->p = c->end;
}

static uint32_t get_u32(struct map_cursor *c) {
  if (c->end - c->p < 4) {
    bad(c, "ends inside a number");
    return 0;
  }
  c->p += 4;
  return read_u32(c->p - 4, c->big_endian);
}

static uint64_t get_uleb(struct map_cursor *c) {
  uint64_t value = 0;
  for (unsigned shift = 0; c->p < c->end; shift += 7) {
    uint8_t byte = *c->p++;
    if (shift > 63 || (shift == 63 && (byte & 0x7e))) {
      bad(c, "holds a number that is too large");
      return 0;
    }
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return value;
  }
  bad(c, "ends inside a number");
  return 0;
}

static uint32_t get_upto(struct map_cursor *c, uint32_t max,
                         const char *error) {
  uint64_t value = get_uleb(c);
  if (value <= max)
    return (uint32_t)value;
  bad(c, error);
  return 0;
}

/* 0, not known, if it is not below @max. */
static uint32_t get_place(struct map_cursor *c, uint32_t max) {
  uint64_t value = get_uleb(c);
  return value < max ? (uint32_t)value : 0;
}

static uint32_t get_line(struct map_cursor *c) {
  return get_place(c, MAX_LINE);
}

struct map_string map_next_string(struct map_cursor *c) {
  uint64_t len = get_uleb(c);
  if (len > (uint64_t)(c->end - c->p)) {
    bad(c, "ends inside a string");
    len = 0;
  }
  struct map_string s = {(const char *)c->p, (size_t)len};
  c->p += len;
  return s;
}

struct map_block map_next_block(struct map_cursor *c, uint32_t n_files) {
  struct map_block b = {.key = get_u32(c)};
  b.flags = (uint32_t)get_uleb(c);
  b.file = get_upto(c, n_files - 1, "has a block in a file it does not list");
  b.l0 = get_line(c);
  b.c0 = get_place(c, INT32_MAX);
  b.l1 = get_line(c);
  b.c1 = get_place(c, INT32_MAX);
  if (b.l1 < b.l0) /* an odd #line */
    b.l0 = b.c0 = b.l1 = b.c1 = 0;
  b.n_runs = get_upto(c, (uint32_t)((c->end - c->p) / 3),
                      "has more line runs than bytes");
  return b;
}

struct map_run map_next_run(struct map_cursor *c, uint32_t n_files) {
  struct map_run r;
  r.file = get_upto(c, n_files - 1, "has lines in a file it does not list");
  r.first = get_line(c);
  r.count = get_line(c);
  if (r.first == 0 || r.first + r.count > MAX_LINE)
    r.count = 0;
  return r;
}

static void read_func(struct map *map, struct map_cursor *c,
                      const uint8_t *bytes, uint32_t size) {
  struct map_func f = {.bytes = bytes, .size = size, .unit = NO_UNIT};
  if (map->n_units)
    f.unit = (uint32_t)map->n_units - 1;
  if (c->end - c->p < 8) {
    bad(c, "ends inside a number");
    return;
  }
  f.hash = read_u64(c->p, c->big_endian);
  c->p += 8;
  f.checksum = get_u32(c);
  f.n_blocks = get_upto(c, (uint32_t)((c->end - c->p) / MIN_BLOCK_BYTES),
                        "has more blocks than bytes");
  f.line = get_line(c);
  f.name = map_next_string(c);
  f.n_files =
      get_upto(c, (uint32_t)(c->end - c->p), "has more files than bytes");
  if (f.n_files == 0)
    bad(c, "lists no file");
  f.files = *c;
  for (uint32_t i = 0; i < f.n_files && !c->error; i++)
    map_next_string(c);
  f.blocks = *c;
  for (uint32_t i = 0; i < f.n_blocks && !c->error; i++) {
    struct map_block b = map_next_block(c, f.n_files);
    for (uint32_t r = 0; r < b.n_runs && !c->error; r++)
      map_next_run(c, f.n_files);
  }
  if (c->error)
    return;
  map->funcs =
      vec_push(map->funcs, &map->n_funcs, &map->cap_funcs, sizeof(*map->funcs));
  map->funcs[map->n_funcs - 1] = f;
}

static void read_unit(struct map *map, struct map_cursor *c) {
  struct map_unit u = {
      .source = map_next_string(c),
  };
  u.producer = map_next_string(c);
  u.options = map_next_string(c);
  uint32_t n_rules =
      get_upto(c, (uint32_t)(c->end - c->p), "has more rules than bytes");
  for (uint32_t i = 0; i < n_rules && !c->error; i++) {
    struct map_rule r = {.origin = map_next_string(c)};
    r.text = map_next_string(c);
    r.hits = get_uleb(c);
    if (c->error)
      return;
    map->rules = vec_push(map->rules, &map->n_rules, &map->cap_rules,
                          sizeof(*map->rules));
    map->rules[map->n_rules - 1] = r;
  }
  map->units =
      vec_push(map->units, &map->n_units, &map->cap_units, sizeof(*map->units));
  map->units[map->n_units - 1] = u;
}

static int compare_funcs(const void *a, const void *b) {
  const struct map_func *x = a, *y = b;
  if (x->hash != y->hash)
    return x->hash < y->hash ? -1 : 1;
  if (x->checksum != y->checksum)
    return x->checksum < y->checksum ? -1 : 1;
  int order = memcmp(x->bytes, y->bytes, x->size < y->size ? x->size : y->size);
  if (order)
    return order;
  return (x->size > y->size) - (x->size < y->size);
}

/* What could not be read: how much, and what was wrong with the first. */
struct damage {
  size_t n, offset;
  const char *first;
};

static void add_damage(struct damage *d, size_t offset, const char *what) {
  if (d->n++)
    return;
  d->offset = offset;
  d->first = what;
}

/*
 * The entry at @entry. Return: its size, 0 if that cannot be known: then @what
 * is wrong with it, as if it is not NULL.
 */
static uint32_t read_entry(struct map *map, const uint8_t *entry, size_t left,
                           bool big, const char **what) {
  *what = NULL;
  if (read_u32(entry, big) != KCOV8_MAP_MAGIC)
    *what = "does not begin with the map's magic number";
  else if (left < HEADER_BYTES)
    *what = "ends inside its header";
  if (*what)
    return 0;
  uint32_t size = read_u32(entry + 4, big);
  if (size < HEADER_BYTES || size % 4 || size > left) {
    *what = "has an impossible size";
    return 0;
  }
  struct map_cursor c = {entry + HEADER_BYTES, entry + size, big, NULL};
  uint32_t kind = read_u16(entry + 10, big);
  if (read_u16(entry + 8, big) == 0)
    bad(&c, "has table version 0");
  else if (kind == KCOV8_MAP_FUNC)
    read_func(map, &c, entry, size);
  else if (kind == KCOV8_MAP_UNIT)
    read_unit(map, &c);
  *what = c.error;
  return size;
}

bool map_read(struct map *map, const char *path, const uint8_t *data,
              size_t size, bool big) {
  *map = (struct map){0};
  struct damage damage = {0};
  bool lost = false; /* searching for the next entry */
  for (size_t at = 0; size - at >= 4;) {
    const uint8_t *entry = data + at;
    uint32_t magic = read_u32(entry, big);
    if (magic == 0 || (lost && magic != KCOV8_MAP_MAGIC)) {
      at += 4;
      continue;
    }
    uint32_t abi = size - at < HEADER_BYTES ? 0 : read_u16(entry + 8, big);
    if (magic == KCOV8_MAP_MAGIC && abi > KCOV8_ABI_VERSION && !lost)
      return fail(path,
                  "%s is of table version %" PRIu32 ", this kcov8 knows up to "
                  "%d: use the kcov8 that belongs to the pass",
                  KCOV8_SECTION_MAP, abi, KCOV8_ABI_VERSION);
    const char *what;
    uint32_t entry_size = read_entry(map, entry, size - at, big, &what);
    if (what && !(lost && !entry_size))
      add_damage(&damage, at, what);
    lost = entry_size == 0;
    at += lost ? 4 : entry_size;
  }
  if (damage.n)
    warn(path, "%s: the entry at offset %zu %s; %zu left out",
         KCOV8_SECTION_MAP, damage.offset, damage.first, damage.n);
  if (map->n_funcs)
    qsort(map->funcs, map->n_funcs, sizeof(*map->funcs), compare_funcs);
  return true;
}

void map_free(struct map *map) {
  free(map->funcs);
  free(map->units);
  free(map->rules);
}
