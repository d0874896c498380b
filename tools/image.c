// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* image.c - function records and keys become blocks with IDs and PCs */
#include "image.h"

#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>

#include "join.h"
#include "image/pc.h"
#include "tool.h"

#define RECORD_BYTES sizeof(struct kcov8_func)

/*
 * Offset in table @which of the @bytes bytes that a record points at with the
 * self-relative field at address @field. False if they are not all inside.
 */
static bool resolve(const struct elf_file *elf, enum table which,
                    uint64_t field, uint32_t relative, uint64_t bytes,
                    uint64_t *offset) {
  const struct table_data *t = &elf->tables[which];
  uint64_t address = field + (uint64_t)(int64_t)(int32_t)relative;
  if (!elf->is64)
    address &= UINT32_MAX;
  *offset = address - t->addr;
  return t->present && address >= t->addr && *offset <= t->size &&
         bytes <= t->size - *offset;
}

/*
 * Read one record and its keys. @owned has a bit per key: two records with the
 * same keys would share counters, and a small file could claim many blocks.
 */
static bool read_record(struct image *img, size_t i, uint8_t *owned) {
  const struct elf_file *elf = &img->elf;
  const struct table_data *table = &elf->tables[TABLE_FUNCS];
  bool big = elf->big_endian;
  const uint8_t *p = table->data + i * RECORD_BYTES;
  uint64_t at = table->addr + i * RECORD_BYTES;
  uint32_t n = read_u32(p + offsetof(struct kcov8_func, n_blocks), big);
  uint32_t abi = p[offsetof(struct kcov8_func, abi)];

  if (abi > KCOV8_ABI_VERSION)
    return fail(img->path,
                "tables are of version %" PRIu32 ", this kcov8 knows up to %d: "
                "use the kcov8 that belongs to the pass",
                abi, KCOV8_ABI_VERSION);
  if (abi != KCOV8_ABI_VERSION || n == 0)
    return fail(img->path,
                "%s: record %zu is damaged (version %" PRIu32 ", %" PRIu32
                " blocks)",
                KCOV8_SECTION_FUNCS, i, abi, n);

  size_t field = offsetof(struct kcov8_func, keys);
  uint64_t counters, keys;
  if (!resolve(elf, TABLE_KEYS, at + field, read_u32(p + field, big),
               (uint64_t)n * 4, &keys) ||
      keys % 4)
    return fail(img->path, "%s: record %zu points outside %s",
                KCOV8_SECTION_FUNCS, i, KCOV8_SECTION_KEYS);
  if (!elf->tables[TABLE_KEYS].data)
    return fail(img->path,
                "section '%s' has no contents (a debug file split "
                "off by objcopy --only-keep-debug?)",
                KCOV8_SECTION_KEYS);

  uint8_t flags = p[offsetof(struct kcov8_func, flags)];
  uint32_t n_rules = 0;
  if (flags & KCOV8_FUNC_PRUNED) {
    const struct table_data *all = &elf->tables[TABLE_KEYS];
    if (keys + 4 * ((uint64_t)n + 1) <= all->size)
      n_rules = read_u32(all->data + keys + (uint64_t)n * 4, big);
    if (keys + 4 * ((uint64_t)n + 1 + n_rules) > all->size)
      return fail(img->path, "%s: record %zu has rules outside %s",
                  KCOV8_SECTION_FUNCS, i, KCOV8_SECTION_KEYS);
  }

  /* What has no counter comes last, one block after the other. */
  uint32_t n_counters = n, next = n;
  bool ok = true;
  for (uint32_t r = 1; ok && r <= n_rules; r++) {
    uint64_t rule = keys + 4 * ((uint64_t)n + r);
    uint32_t word = read_u32(elf->tables[TABLE_KEYS].data + rule, big);
    uint32_t implied = word & UINT16_MAX;
    if (r == 1)
      n_counters = next = implied;
    next += implied == next;
    ok = implied + 1 == next && word >> 16 < n_counters;
  }
  if (!ok || next != n)
    return fail(img->path, "%s: record %zu has rules for blocks that it lacks",
                KCOV8_SECTION_FUNCS, i);

  field = offsetof(struct kcov8_func, counters);
  uint32_t first = read_u32(p + offsetof(struct kcov8_func, first), big);
  uint32_t rows = read_u32(p + offsetof(struct kcov8_func, rows), big);
  uint64_t reach = kcov8_counter_bytes(first, n_counters, rows);
  if (!reach || !resolve(elf, TABLE_COUNTERS, at + field,
                         read_u32(p + field, big), reach, &counters))
    return fail(img->path, "%s: record %zu points outside %s",
                KCOV8_SECTION_FUNCS, i, KCOV8_SECTION_COUNTERS);

  struct func *f = &img->funcs[i];
  *f = (struct func){
      .hash = read_u64(p, big),
      .first_block = (uint32_t)img->n_blocks,
      .n_blocks = n,
      .probe = p[offsetof(struct kcov8_func, probe)],
      .level = p[offsetof(struct kcov8_func, level)],
      .flags = flags,
      .n_implied = n - n_counters,
  };
  for (uint32_t b = 0; b < n; b++) {
    uint64_t key = keys / 4 + b;
    if (owned[key / 8] & 1 << key % 8)
      return fail(img->path, "%s: record %zu shares keys with another",
                  KCOV8_SECTION_FUNCS, i);
    owned[key / 8] |= (uint8_t)(1 << key % 8);
    img->blocks[img->n_blocks++] = (struct block){
        .key = read_u32(elf->tables[TABLE_KEYS].data + key * 4, big),
        .number = b,
        .func = (uint32_t)i,
        .counter = b < n_counters ? counters + kcov8_counter_at(first + b, rows)
                                  : NO_COUNTER,
    };
  }
  return true;
}

static bool read_records(struct image *img) {
  const struct table_data *table = &img->elf.tables[TABLE_FUNCS];
  if (table->size % RECORD_BYTES)
    return fail(img->path, "%s: size %" PRIu64 " is no multiple of %zu",
                KCOV8_SECTION_FUNCS, table->size, RECORD_BYTES);
  if (table->size && !table->data)
    return fail(img->path,
                "section '%s' has no contents (a debug file split "
                "off by objcopy --only-keep-debug?)",
                KCOV8_SECTION_FUNCS);
  /* A section without contents may claim any size. */
  uint64_t max_keys = img->elf.tables[TABLE_KEYS].data
                          ? img->elf.tables[TABLE_KEYS].size / 4
                          : 0;
  if (max_keys >= KCOV8_PC_SLOTS || max_keys > UINT32_MAX / 2)
    return fail(img->path, "more blocks than PCs: %" PRIu64, max_keys);
  img->n_funcs = table->size / RECORD_BYTES;
  img->funcs = xcalloc(img->n_funcs, sizeof(*img->funcs));
  img->blocks = xcalloc(max_keys, sizeof(*img->blocks));
  uint8_t *owned = xcalloc(max_keys / 8 + 1, 1);
  bool ok = true;
  for (size_t i = 0; ok && i < img->n_funcs; i++)
    ok = read_record(img, i, owned);
  free(owned);
  return ok;
}

static void take_fingerprint(struct image *img) {
  uint64_t h = kcov8_mix64(img->elf.tables[TABLE_COUNTERS].size);
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    const struct block *b = &img->blocks[f->first_block];
    h = kcov8_mix64(h ^ f->hash);
    h = kcov8_mix64(h ^ b->counter);
    for (uint32_t k = 0; k < f->n_blocks; k++)
      h = kcov8_mix64(h ^ b[k].key);
  }
  img->fingerprint = h;
}

static void assign_pcs(struct image *img) {
  size_t n = img->n_blocks;
  struct kcov8i_id *ids = xcalloc(n, sizeof(*ids));
  struct kcov8i_id *scratch = xcalloc(n, sizeof(*scratch));
  for (size_t i = 0; i < n; i++) {
    const struct block *b = &img->blocks[i];
    ids[i].id = kcov8_block_id(img->funcs[b->func].hash, b->key);
    ids[i].index = (uint32_t)i;
  }
  kcov8i_assign_slots(ids, n, scratch);
  img->by_pc = xcalloc(n, sizeof(*img->by_pc));
  for (size_t i = 0; i < n; i++) {
    struct block *b = &img->blocks[ids[i].index];
    img->by_pc[i] = ids[i].index;
    b->id = ids[i].id;
    b->pc = kcov8_slot_pc(ids[i].slot);
    b->moved = ids[i].slot != kcov8_id_slot(b->id);
    b->duplicate = b->id != kcov8_block_id(img->funcs[b->func].hash, b->key);
    img->n_collisions += b->moved;
    img->n_duplicates += b->duplicate;
  }
  free(ids);
  free(scratch);
}

bool image_load(struct image *img, const char *path) {
  *img = (struct image){.path = path};
  if (!elf_open(&img->elf, path))
    return false;
  const struct table_data *tables = img->elf.tables;
  const struct table_data *map = &tables[TABLE_MAP];
  if (!tables[TABLE_FUNCS].present && !map->present)
    return fail(path, "no kcov8 tables (was it compiled with the kcov8 pass?)");
  if (tables[TABLE_FUNCS].present && !read_records(img))
    return false;
  img->has_map = map->present && map->data;
  if (img->has_map && !map_read(&img->map, path, map->data, (size_t)map->size,
                                img->elf.big_endian))
    return false;
  take_fingerprint(img);
  assign_pcs(img);
  join_map(img);
  return true;
}

bool image_require_blocks(const struct image *img) {
  if (img->n_blocks)
    return true;
  if (img->map.n_funcs)
    return fail(img->path,
                "the map lists %zu functions, but there is no table of them: "
                "the linker dropped it, or its script defines no symbols "
                "__start_%s and __stop_%s",
                img->map.n_funcs, KCOV8_SECTION_FUNCS, KCOV8_SECTION_FUNCS);
  return fail(img->path, "no instrumented function (do filters leave any? see "
                         "'kcov8 stat')");
}

void image_free(struct image *img) {
  free(img->funcs);
  free(img->blocks);
  free(img->by_pc);
  free(img->runs);
  strtab_free(&img->files);
  strtab_free(&img->names);
  map_free(&img->map);
  elf_close(&img->elf);
}
