// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * join.c - which map entry belongs to which function record
 *
 * Hash and checksum of the keys decide. If only the hash is known (objects of
 * two builds in one image), blocks are matched by key and the mismatch is
 * named. Without an entry a function keeps its hash for a name.
 */
#include "image/join.h"

#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "base/tool.h"
#include "image/symbols.h"
#include "rust-names.h"

/* C++ runtime library, libstdc++ or libc++abi. */
extern char *__cxa_demangle(const char *mangled, char *buffer, size_t *len,
                            int *status);

/* Substitutions let a short forged name expand without end; real ones fit. */
#define MAX_MANGLED 1024

const char *join_demangle(struct image *img, const char *name) {
  /* First: to the other one a legacy name of Rust is a strange C++ name. */
  char *plain = kcov8_rust_demangle(name);
  if (!plain && strncmp(name, "_Z", 2) == 0 && strlen(name) <= MAX_MANGLED)
    plain = __cxa_demangle(name, NULL, NULL, NULL);
  if (!plain)
    return name;
  name = strtab_copy(&img->names, plain, strlen(plain));
  free(plain);
  return name;
}

static uint32_t add_path(struct image *img, struct map_string s) {
  while (s.len > 2 && s.s[0] == '.' && s.s[1] == '/') {
    s.s += 2;
    s.len -= 2;
  }
  if (s.len == 0)
    s = (struct map_string){"?", 1};
  return strtab_add(&img->files, s.s, s.len);
}

static const char *hash_name(struct image *img, const struct func *f) {
  char name[24];
  int len = snprintf(name, sizeof(name), "0x%016" PRIx64, f->hash);
  return strtab_copy(&img->names, name, (size_t)len);
}

static const char *add_name(struct image *img, const struct func *f,
                            struct map_string s) {
  /* Clang marks names that are not to be mangled further with this byte. */
  if (s.len && s.s[0] == '\1') {
    s.s++;
    s.len--;
  }
  return s.len ? strtab_copy(&img->names, s.s, s.len) : hash_name(img, f);
}

static void set_unknown(struct image *img, struct func *f) {
  f->name = f->display = hash_name(img, f);
  f->unit = NO_UNIT;
  f->file = strtab_add(&img->files, "?", 1);
  for (uint32_t b = 0; b < f->n_blocks; b++)
    img->blocks[f->first_block + b].file = f->file;
}

/* What is searched in map.funcs. */
struct entry_key {
  uint64_t hash;
  uint32_t checksum;
};

static bool entry_below(const void *element, const void *key) {
  const struct map_func *e = element;
  const struct entry_key *k = key;
  return e->hash < k->hash || (e->hash == k->hash && e->checksum < k->checksum);
}

/* First entry whose (hash, checksum) is not below the one asked for. */
static size_t first_entry(const struct map *map, uint64_t hash,
                          uint32_t checksum) {
  return lower_bound(map->funcs, map->n_funcs, sizeof(*map->funcs), entry_below,
                     &(struct entry_key){hash, checksum});
}

static bool same_order(const struct func *f, const struct map_func *e) {
  struct map_cursor c = e->blocks;
  for (uint32_t i = 0; i < e->n_blocks; i++) {
    struct map_block b = map_next_block(&c, e->n_files);
    if (b.key != f->keys[i])
      return false;
    for (uint32_t r = 0; r < b.n_runs; r++)
      map_next_run(&c, e->n_files);
  }
  return true;
}

/* A key of the record and where it stands there, to find blocks by key. */
struct key_at {
  uint32_t key, index;
};

static int compare_keys(const void *a, const void *b) {
  const struct key_at *x = a, *y = b;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

static struct key_at *sorted_keys(const struct func *f) {
  struct key_at *keys = xcalloc(f->n_blocks, sizeof(*keys));
  for (uint32_t i = 0; i < f->n_blocks; i++)
    keys[i] = (struct key_at){f->keys[i], i};
  qsort(keys, f->n_blocks, sizeof(*keys), compare_keys);
  return keys;
}

static bool key_below(const void *element, const void *key) {
  return ((const struct key_at *)element)->key < *(const uint32_t *)key;
}

/* Index of a key, -1 if the function has no such block. */
static int64_t find_key(const struct key_at *keys, uint32_t n, uint32_t key) {
  size_t i = lower_bound(keys, n, sizeof(*keys), key_below, &key);
  return i < n && keys[i].key == key ? (int64_t)keys[i].index : -1;
}

static uint32_t count_known_keys(const struct map_func *e,
                                 const struct key_at *keys, uint32_t n) {
  uint32_t known = 0;
  struct map_cursor c = e->blocks;
  for (uint32_t i = 0; i < e->n_blocks; i++) {
    struct map_block b = map_next_block(&c, e->n_files);
    known += find_key(keys, n, b.key) >= 0;
    for (uint32_t r = 0; r < b.n_runs; r++)
      map_next_run(&c, e->n_files);
  }
  return known;
}

/* Makes @keys if they are in another order. */
static bool has_same_keys(const struct func *f, const struct map_func *e,
                          struct key_at **keys) {
  if (e->n_blocks != f->n_blocks)
    return false;
  if (!*keys && same_order(f, e))
    return true;
  if (!*keys)
    *keys = sorted_keys(f);
  return count_known_keys(e, *keys, f->n_blocks) == f->n_blocks;
}

/*
 * Take names and ranges over from @e. @keys is NULL if the entry has the same
 * blocks in the same order.
 */
static void take_entry(struct image *img, struct func *f,
                       const struct map_func *e, const struct key_at *keys) {
  uint32_t *files = xcalloc(e->n_files, sizeof(*files));
  struct map_cursor c = e->files;
  for (uint32_t i = 0; i < e->n_files; i++)
    files[i] = add_path(img, map_next_string(&c));
  f->name = add_name(img, f, e->name);
  f->display = join_demangle(img, f->name);
  f->file = files[0];
  f->line = e->line;
  f->unit = e->unit;
  for (uint32_t i = 0; i < f->n_blocks; i++)
    img->blocks[f->first_block + i].file = f->file;

  c = e->blocks;
  for (uint32_t i = 0; i < e->n_blocks; i++) {
    struct map_block m = map_next_block(&c, e->n_files);
    int64_t at = keys ? find_key(keys, f->n_blocks, m.key) : (int64_t)i;
    struct block *b = at < 0 ? NULL : &img->blocks[f->first_block + at];
    if (b) {
      if (f->join == JOIN_EXACT)
        b->number = i;
      b->flags = (uint8_t)m.flags;
      b->file = files[m.file];
      if (m.l0) {
        b->l0 = m.l0;
        b->c0 = m.c0;
        b->l1 = m.l1;
        b->c1 = m.c1;
      }
      b->run = (uint32_t)img->n_runs;
      b->n_runs = 0;
    }
    for (uint32_t r = 0; r < m.n_runs; r++) {
      struct map_run run = map_next_run(&c, e->n_files);
      if (!b || !run.count)
        continue;
      b->n_runs++;
      img->runs =
          vec_push(img->runs, &img->n_runs, &img->cap_runs, sizeof(*img->runs));
      img->runs[img->n_runs - 1] =
          (struct run){files[run.file], run.first, run.count};
    }
  }
  free(files);
}

static void join_func(struct image *img, struct func *f) {
  const struct map *map = &img->map;
  struct key_at *keys = NULL;
  uint32_t checksum = kcov8_checksum_keys(f->keys, f->n_blocks);

  const struct map_func *best = NULL;
  for (size_t i = first_entry(map, f->hash, checksum);
       i < map->n_funcs && map->funcs[i].hash == f->hash &&
       map->funcs[i].checksum == checksum;
       i++)
    if (has_same_keys(f, &map->funcs[i], &keys)) {
      best = &map->funcs[i];
      f->join = JOIN_EXACT;
      break;
    }
  if (!best) {
    uint32_t most = 0;
    for (size_t i = first_entry(map, f->hash, 0);
         i < map->n_funcs && map->funcs[i].hash == f->hash; i++) {
      if (!keys)
        keys = sorted_keys(f);
      uint32_t known = count_known_keys(&map->funcs[i], keys, f->n_blocks);
      if (!best || known > most) {
        best = &map->funcs[i];
        most = known;
      }
      f->join = JOIN_PARTIAL;
    }
  }
  if (best)
    take_entry(img, f, best, keys);
  else
    set_unknown(img, f);
  free(keys);
}

/* Functions in one state of the join, named by the first. */
struct tally {
  size_t n;
  const char *first;
};

static void warn_about(const struct image *img, const struct tally *t,
                       const char *one, const char *many, const char *advice) {
  if (t->n)
    warn(img->path, "%zu function%s (first %s): %s", t->n,
         t->n == 1 ? one : many, t->first, advice);
}

void join_map(struct image *img) {
  struct tally tallies[JOIN_EXACT + 1] = {0};
  for (size_t i = 0; i < img->n_funcs; i++) {
    struct func *f = &img->funcs[i];
    join_func(img, f);
    f->discarded = symbols_prove_discarded(img, f);
    if (tallies[f->join].n++ == 0)
      tallies[f->join].first = f->display;
  }
  if (img->n_funcs && !img->has_map)
    warn(img->path, "no section %s (stripped?): IDs and PCs only, no names",
         KCOV8_SECTION_MAP);
  else
    warn_about(img, &tallies[JOIN_NONE], " is not in the block map",
               "s are not in the block map", "named by hash, without lines");
  warn_about(img, &tallies[JOIN_PARTIAL], " does not fit the block map",
             "s do not fit the block map",
             "blocks matched by key, some without lines; rebuild all objects");
}
