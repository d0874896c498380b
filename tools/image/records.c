// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * records.c - every byte of the records checked, keys and rules in the byte
 * order of this machine
 *
 * What keys and rules mean is the runtime's code: runtime/image/record.c and
 * pc.c. As for the runtime, one bad record makes all of them useless: which PC
 * a block has depends on all IDs of the image.
 */
#include "image/records.h"

#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/tool.h"
#include "runtime/image/pc.h"
#include "runtime/image/record.h"

#define RECORD_BYTES sizeof(struct kcov8_func)

/* A record's place in its table. */
struct record {
  size_t number;
  const uint8_t *bytes;
  uint64_t address;
};

static bool no_contents(const struct image *img, const char *section) {
  return fail(img->path,
              "section '%s' has no contents (a debug file split "
              "off by objcopy --only-keep-debug?)",
              section);
}

/*
 * Offset in table @which of the @bytes bytes that a record points at with the
 * self-relative field at @field. False if they are not all inside.
 */
static bool resolve(const struct image *img, const struct record *r,
                    enum table which, size_t field, uint64_t bytes,
                    uint64_t *offset) {
  const struct elf_file *elf = &img->elf;
  const struct table_data *t = &elf->tables[which];
  int32_t distance = (int32_t)read_u32(r->bytes + field, elf->big_endian);
  uint64_t address = r->address + field + (uint64_t)(int64_t)distance;
  if (!elf->is64)
    address &= UINT32_MAX;
  *offset = address - t->addr;
  return t->present && address >= t->addr && *offset <= t->size &&
         bytes <= t->size - *offset;
}

static bool check_version(const struct image *img, const struct record *r,
                          uint32_t n_blocks) {
  uint32_t abi = r->bytes[offsetof(struct kcov8_func, abi)];
  if (abi > KCOV8_ABI_VERSION)
    return fail(img->path,
                "tables are of version %" PRIu32 ", this kcov8 knows up to %d: "
                "use the kcov8 that belongs to the pass",
                abi, KCOV8_ABI_VERSION);
  if (abi && abi < KCOV8_ABI_VERSION)
    return fail(img->path,
                "tables are of version %" PRIu32 ", this kcov8 knows %d: build "
                "it again, or use the kcov8 that belongs to the pass",
                abi, KCOV8_ABI_VERSION);
  if (abi != KCOV8_ABI_VERSION || n_blocks == 0)
    return fail(img->path,
                "%s: record %zu is damaged (version %" PRIu32 ", %" PRIu32
                " blocks)",
                KCOV8_SECTION_FUNCS, r->number, abi, n_blocks);
  return true;
}

/* @first: index of the first key in image.keys, > 0: its code is in front */
static bool find_keys(const struct image *img, const struct record *r,
                      uint32_t n_blocks, uint64_t *first) {
  uint64_t offset;
  if (!resolve(img, r, TABLE_KEYS, offsetof(struct kcov8_func, keys),
               (uint64_t)n_blocks * 4, &offset) ||
      offset % 4 || offset == 0)
    return fail(img->path, "%s: record %zu points outside %s",
                KCOV8_SECTION_FUNCS, r->number, KCOV8_SECTION_KEYS);
  if (!img->keys)
    return no_contents(img, KCOV8_SECTION_KEYS);
  *first = offset / 4;
  return true;
}

/* @at: index in image.keys of what follows the keys */
static bool read_rules(const struct image *img, const struct record *r,
                       uint64_t at, uint32_t n_blocks, uint32_t *n_counters) {
  uint32_t n_rules = at < img->n_keys ? img->keys[at] : 0;
  if (at + 1 + n_rules > img->n_keys)
    return fail(img->path, "%s: record %zu has rules outside %s",
                KCOV8_SECTION_FUNCS, r->number, KCOV8_SECTION_KEYS);
  if (kcov8i_rules_check(img->keys + at + 1, n_rules, n_blocks, n_counters))
    return fail(img->path, "%s: record %zu has rules for blocks that it lacks",
                KCOV8_SECTION_FUNCS, r->number);
  return true;
}

/*
 * Read one record and its keys. @owned has a bit per word: two records with the
 * same keys would share counters, and a small file could claim many blocks.
 */
static bool read_record(struct image *img, const struct record *r,
                        uint8_t *owned) {
  bool big = img->elf.big_endian;
  const uint8_t *p = r->bytes;
  uint32_t n = read_u32(p + offsetof(struct kcov8_func, n_blocks), big);
  uint8_t flags = p[offsetof(struct kcov8_func, flags)];
  uint32_t n_counters = n;
  uint64_t keys = 0, counters = 0;
  if (!check_version(img, r, n) || !find_keys(img, r, n, &keys) ||
      (flags & KCOV8_FUNC_PRUNED &&
       !read_rules(img, r, keys + n, n, &n_counters)))
    return false;

  uint32_t first = read_u32(p + offsetof(struct kcov8_func, first), big);
  uint32_t rows = read_u32(p + offsetof(struct kcov8_func, rows), big);
  uint64_t reach = kcov8_counter_bytes(first, n_counters, rows);
  if (!reach ||
      !resolve(img, r, TABLE_COUNTERS, offsetof(struct kcov8_func, counters),
               reach, &counters))
    return fail(img->path, "%s: record %zu points outside %s",
                KCOV8_SECTION_FUNCS, r->number, KCOV8_SECTION_COUNTERS);

  img->funcs[r->number] = (struct func){
      .hash = read_u64(p, big),
      .code = img->keys[keys - 1],
      .keys = img->keys + keys,
      .first_block = (uint32_t)img->n_blocks,
      .n_blocks = n,
      .probe = p[offsetof(struct kcov8_func, probe)],
      .level = p[offsetof(struct kcov8_func, level)],
      .flags = flags,
      .n_implied = n - n_counters,
      .array = counters,
      .first = first,
      .rows = rows,
  };
  for (uint64_t word = keys - 1; word < keys + n; word++) {
    if (owned[word / 8] & 1 << word % 8)
      return fail(img->path, "%s: record %zu shares keys with another",
                  KCOV8_SECTION_FUNCS, r->number);
    owned[word / 8] |= (uint8_t)(1 << word % 8);
  }
  for (uint32_t b = 0; b < n; b++)
    img->blocks[img->n_blocks++] = (struct block){
        .number = b,
        .func = (uint32_t)r->number,
        .counter = b < n_counters ? counters + kcov8_counter_at(first + b, rows)
                                  : NO_COUNTER,
    };
  return true;
}

static bool read_keys(struct image *img) {
  const struct table_data *table = &img->elf.tables[TABLE_KEYS];
  if (!table->data) /* and may claim any size */
    return true;
  uint64_t n = table->size / 4;
  if (n >= KCOV8_PC_SLOTS || n > UINT32_MAX / 2)
    return fail(img->path, "more blocks than PCs: %" PRIu64, n);
  img->n_keys = n;
  img->keys = xcalloc(n, sizeof(*img->keys));
  for (size_t i = 0; i < n; i++)
    img->keys[i] = read_u32(table->data + 4 * i, img->elf.big_endian);
  return true;
}

static void take_fingerprint(struct image *img) {
  uint64_t h = kcov8i_fingerprint_start(img->elf.tables[TABLE_COUNTERS].size);
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    h = kcov8i_fingerprint_add(h, f->hash, img->blocks[f->first_block].counter,
                               f->keys, f->n_blocks);
  }
  img->fingerprint = h;
}

/* Addresses of a program of 32 bits are signed there. */
static int64_t distance(const struct elf_file *elf, enum table from,
                        enum table to) {
  uint64_t d = elf->tables[to].addr - elf->tables[from].addr;
  return elf->is64 ? (int64_t)d : (int32_t)d;
}

static void take_digest(struct image *img) {
  const struct elf_file *elf = &img->elf;
  const struct table_data *funcs = &elf->tables[TABLE_FUNCS];
  size_t n = funcs->size / 4;
  uint32_t *words = xcalloc(n, sizeof(*words));
  for (size_t i = 0; i < n; i++)
    words[i] = read_u32(funcs->data + 4 * i, elf->big_endian);
  uint64_t h = kcov8i_digest_start(elf->tables[TABLE_COUNTERS].size,
                                   distance(elf, TABLE_FUNCS, TABLE_COUNTERS),
                                   distance(elf, TABLE_FUNCS, TABLE_KEYS));
  h = kcov8i_digest(h, words, n);
  img->digest = kcov8i_digest(h, img->keys, img->n_keys);
  free(words);
}

/* Before duplicates are made distinct. */
static uint64_t first_id(const struct image *img, const struct block *b) {
  const struct func *f = &img->funcs[b->func];
  return kcov8_block_id(f->hash, f->keys[b - img->blocks - f->first_block]);
}

void records_assign_pcs(struct image *img) {
  size_t n = img->n_blocks;
  struct kcov8i_id *ids = xcalloc(n, sizeof(*ids));
  struct kcov8i_id *scratch = xcalloc(n, sizeof(*scratch));
  for (size_t i = 0; i < n; i++) {
    const struct block *b = &img->blocks[i];
    ids[i].id = first_id(img, b);
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
    b->duplicate = b->id != first_id(img, b);
    img->n_collisions += b->moved;
    img->n_duplicates += b->duplicate;
  }
  free(ids);
  free(scratch);
}

bool records_read(struct image *img) {
  const struct table_data *table = &img->elf.tables[TABLE_FUNCS];
  if (table->size % RECORD_BYTES)
    return fail(img->path, "%s: size %" PRIu64 " is no multiple of %zu",
                KCOV8_SECTION_FUNCS, table->size, RECORD_BYTES);
  if (table->size && !table->data)
    return no_contents(img, KCOV8_SECTION_FUNCS);
  if (!read_keys(img))
    return false;
  img->n_funcs = table->size / RECORD_BYTES;
  img->funcs = xcalloc(img->n_funcs, sizeof(*img->funcs));
  img->blocks = xcalloc(img->n_keys, sizeof(*img->blocks));
  uint8_t *owned = xcalloc(img->n_keys / 8 + 1, 1);
  bool ok = true;
  for (size_t i = 0; ok && i < img->n_funcs; i++) {
    size_t at = i * RECORD_BYTES;
    ok = read_record(
        img, &(struct record){i, table->data + at, table->addr + at}, owned);
  }
  free(owned);
  if (!ok)
    return false;
  take_fingerprint(img);
  take_digest(img);
  records_assign_pcs(img);
  return true;
}
