// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* map.c - one pass over .kcov8.map that leaves nothing unchecked */
#include "image/map.h"

#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/tool.h"

#define HEADER_BYTES 12
/* Clang counts lines in less than this; a report allocates by line number. */
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

static uint32_t get_line(struct map_cursor *c) {
  return get_upto(c, MAX_LINE, "holds a line number that is too large");
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
  const char *column = "holds a column that is too large";
  struct map_block b = {.key = get_u32(c)};
  b.flags = (uint32_t)get_uleb(c);
  b.file = get_upto(c, n_files - 1, "has a block in a file it does not list");
  b.l0 = get_line(c);
  b.c0 = get_upto(c, INT32_MAX, column);
  b.l1 = get_line(c);
  b.c1 = get_upto(c, INT32_MAX, column);
  if (b.l0 && b.l1 < b.l0)
    bad(c, "has a block that ends before it begins");
  b.n_runs = get_upto(c, (uint32_t)((c->end - c->p) / 3),
                      "has more line runs than bytes");
  return b;
}

struct map_run map_next_run(struct map_cursor *c, uint32_t n_files) {
  struct map_run r;
  r.file = get_upto(c, n_files - 1, "has lines in a file it does not list");
  r.first = get_line(c);
  r.count = get_line(c);
  if (r.first == 0 || r.count == 0 || r.first + r.count > MAX_LINE)
    bad(c, "has an impossible run of lines");
  return r;
}

static void read_func(struct map *map, struct map_cursor *c,
                      const uint8_t *bytes, uint32_t size) {
  struct map_func f = {.bytes = bytes, .size = size};
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

static bool bad_entry(const char *path, size_t offset, const char *what) {
  return fail(path, "%s: the entry at offset %zu %s", KCOV8_SECTION_MAP, offset,
              what);
}

bool map_read(struct map *map, const char *path, const uint8_t *data,
              size_t size, bool big) {
  *map = (struct map){0};
  for (size_t at = 0; size - at >= 4;) {
    const uint8_t *entry = data + at;
    uint32_t magic = read_u32(entry, big);
    if (magic == 0) {
      at += 4;
      continue;
    }
    if (magic != KCOV8_MAP_MAGIC)
      return bad_entry(path, at, "does not begin with the map's magic number");
    if (size - at < HEADER_BYTES)
      return bad_entry(path, at, "ends inside its header");
    uint32_t entry_size = read_u32(entry + 4, big);
    uint32_t abi = read_u16(entry + 8, big);
    uint32_t kind = read_u16(entry + 10, big);
    if (abi > KCOV8_ABI_VERSION)
      return fail(path,
                  "%s is of table version %" PRIu32 ", this kcov8 knows up to "
                  "%d: use the kcov8 that belongs to the pass",
                  KCOV8_SECTION_MAP, abi, KCOV8_ABI_VERSION);
    if (entry_size < HEADER_BYTES || entry_size % 4 || entry_size > size - at)
      return bad_entry(path, at, "has an impossible size");
    struct map_cursor c = {entry + HEADER_BYTES, entry + entry_size, big, NULL};
    if (abi == 0)
      bad(&c, "has table version 0");
    else if (kind == KCOV8_MAP_FUNC)
      read_func(map, &c, entry, entry_size);
    else if (kind == KCOV8_MAP_UNIT)
      read_unit(map, &c);
    if (c.error)
      return bad_entry(path, at, c.error);
    at += entry_size;
  }
  if (map->n_funcs)
    qsort(map->funcs, map->n_funcs, sizeof(*map->funcs), compare_funcs);
  return true;
}

void map_free(struct map *map) {
  free(map->funcs);
  free(map->units);
  free(map->rules);
}
