// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * codec.c - a block in a dozen bytes
 *
 * Lines follow lines, so they are differences; most blocks are in the file of
 * the block before, and many have one run of lines, their range. What differs
 * between two links of a function, where its counters are, is not here: so its
 * code is the same bytes in all images and builds.
 */
#include "index/codec.h"

#include <kcov8/abi.h>
#include <string.h>

#include "base/bytes.h"
#include "base/tool.h"
#include "runtime/image/record.h"

enum {
  MAX_LINE = 0xffffff, /* as in a block map */
  KEY_BYTES = 4,
  /* Of a block's first byte, whose low bits are KCOV8_BLOCK_*. */
  FLAGS = 0x0f,
  HAS_ID = 0x10,     /* 8 bytes: it is not that of hash and key */
  HAS_NUMBER = 0x20, /* it is not one more than that of the block before */
  HAS_PLACE = 0x40,
  ONE_RUN = 0x80, /* its lines are those of its place */
};

/* ---- Bytes --------------------------------------------------------------- */

static void put_byte(struct byte_buffer *b, uint8_t byte) {
  bytes_put(b, &byte, 1);
}

static void put_word(struct byte_buffer *b, uint64_t v, int n_bytes) {
  for (int i = 0; i < n_bytes; i++)
    put_byte(b, (uint8_t)(v >> 8 * i));
}

uint64_t span_uleb(struct span *s) {
  uint64_t v = 0;
  for (unsigned int shift = 0; s->p != s->end; shift += 7) {
    uint64_t low = *s->p & 0x7f;
    if (shift >= 64 || low << shift >> shift != low)
      break;
    v |= low << shift;
    if (!(*s->p++ & 0x80))
      return v;
  }
  s->bad = true;
  s->p = s->end;
  return 0;
}

uint32_t span_upto(struct span *s, uint32_t max) {
  uint64_t v = span_uleb(s);
  s->bad |= v > max;
  return v > max ? 0 : (uint32_t)v;
}

static const uint8_t *span_bytes(struct span *s, size_t n) {
  static const uint8_t nothing[8];
  if (n > (size_t)(s->end - s->p)) {
    s->bad = true;
    s->p = s->end;
    return nothing;
  }
  s->p += n;
  return s->p - n;
}

/* Small numbers of either sign become small ones: 0, -1, 1, -2, ... */
static uint64_t zigzag(int64_t v) {
  return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v) {
  return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* ---- A function's files -------------------------------------------------- */

/* Number of a file in the function's list; lists are short. */
static uint32_t local_file(struct lines **files, size_t *n, uint32_t file) {
  for (size_t i = 0; i < *n; i++)
    if ((*files)[i].file == file)
      return (uint32_t)i;
  if ((*n & (*n - 1)) == 0) /* doubles at each power of two */
    *files = xrealloc(*files, *n ? *n * 2 : 1, sizeof(**files));
  (*files)[(*n)++] = (struct lines){.file = file};
  return (uint32_t)*n - 1;
}

static void widen(struct lines *l, uint32_t first, uint32_t last) {
  if (!l->first || first < l->first)
    l->first = first;
  if (last > l->last)
    l->last = last;
}

/* ---- Blocks -------------------------------------------------------------- */

/**
 * struct last - what the next block's bytes are relative to
 * @file: local number
 */
struct last {
  uint32_t number, line, file;
};

static void put_line(struct byte_buffer *out, struct last *last, uint32_t file,
                     uint32_t line) {
  bool moved = file != last->file;
  bytes_put_uleb(out, zigzag((int64_t)line - last->line) << 1 | moved);
  if (moved)
    bytes_put_uleb(out, file);
  last->file = file;
  last->line = line;
}

static uint32_t get_line(struct span *in, struct last *last, uint32_t n_files) {
  uint64_t v = span_uleb(in);
  if (v & 1)
    last->file = span_upto(in, n_files - 1);
  int64_t line = (int64_t)last->line + unzigzag(v >> 1);
  in->bad |= v >> 1 > 2 * (uint64_t)MAX_LINE || line < 0 || line > MAX_LINE;
  last->line = in->bad ? 0 : (uint32_t)line;
  return last->line;
}

static bool is_one_run(const struct image *img, const struct block *b) {
  const struct run *r = &img->runs[b->run];
  return b->l0 && b->n_runs == 1 && r->file == b->file && r->first == b->l0 &&
         r->count == b->l1 - b->l0 + 1;
}

static void encode_block(struct byte_buffer *out, const struct image *img,
                         const struct func *f, uint32_t index,
                         struct lines **files, size_t *n_files,
                         struct last *last) {
  const struct block *b = &img->blocks[f->first_block + index];
  uint32_t key = f->keys[index];
  bool has_id = b->id != kcov8_block_id(f->hash, key);
  bool has_number = b->number != last->number + 1;
  bool one_run = is_one_run(img, b);
  put_byte(out, (uint8_t)((b->flags & FLAGS) | (has_id ? HAS_ID : 0) |
                          (has_number ? HAS_NUMBER : 0) |
                          (b->l0 ? HAS_PLACE : 0) | (one_run ? ONE_RUN : 0)));
  put_word(out, key, KEY_BYTES);
  if (has_id)
    put_word(out, b->id, 8);
  if (has_number)
    bytes_put_uleb(out, b->number);
  last->number = b->number;
  put_line(out, last, local_file(files, n_files, b->file),
           b->l0 ? b->l0 : last->line);
  if (b->l0) {
    bytes_put_uleb(out, b->l1 - b->l0);
    bytes_put_uleb(out, b->c0);
    bytes_put_uleb(out, b->c1);
  }
  if (!one_run)
    bytes_put_uleb(out, b->n_runs);
  struct last at = *last;
  for (uint32_t i = 0; i < b->n_runs; i++) {
    const struct run *r = &img->runs[b->run + i];
    uint32_t file = local_file(files, n_files, r->file);
    widen(&(*files)[file], r->first, r->first + r->count - 1);
    if (one_run)
      break;
    put_line(out, &at, file, r->first);
    bytes_put_uleb(out, r->count - 1);
  }
}

static void add_run(struct image *img, struct block *b, struct run r) {
  img->runs = vec_push(img->runs, &img->n_runs, &img->cap_runs, sizeof(r));
  img->runs[img->n_runs - 1] = r;
  b->n_runs++;
}

static void decode_runs(struct span *in, struct image *img, struct block *b,
                        const uint32_t *files, uint32_t n_files,
                        struct last at) {
  uint32_t n = span_upto(in, (uint32_t)(in->end - in->p) / 2);
  for (uint32_t i = 0; i < n && !in->bad; i++) {
    uint32_t first = get_line(in, &at, n_files);
    uint32_t more = span_upto(in, MAX_LINE - first);
    in->bad |= first == 0;
    if (!in->bad)
      add_run(img, b, (struct run){files[at.file], first, more + 1});
  }
}

static void decode_block(struct span *in, struct image *img,
                         const struct func *f, struct block *b,
                         const uint32_t *files, uint32_t n_files, uint32_t *key,
                         struct last *last) {
  uint8_t flags = *span_bytes(in, 1);
  *key = read_u32(span_bytes(in, KEY_BYTES), false);
  b->flags = flags & FLAGS;
  b->id = flags & HAS_ID ? read_u64(span_bytes(in, 8), false)
                         : kcov8_block_id(f->hash, *key);
  b->duplicate = flags & HAS_ID;
  last->number = b->number =
      flags & HAS_NUMBER ? span_upto(in, f->n_blocks - 1) : last->number + 1;
  in->bad |= last->number >= f->n_blocks;
  uint32_t line = get_line(in, last, n_files);
  if (in->bad)
    return;
  b->file = files[last->file];
  b->run = (uint32_t)img->n_runs;
  if (flags & HAS_PLACE) {
    b->l0 = line;
    b->l1 = line + span_upto(in, MAX_LINE - line);
    b->c0 = span_upto(in, INT32_MAX);
    b->c1 = span_upto(in, INT32_MAX);
    in->bad |= line == 0;
  }
  if (in->bad)
    return;
  if (flags & ONE_RUN && b->l0)
    add_run(img, b, (struct run){b->file, b->l0, b->l1 - b->l0 + 1});
  else if (!(flags & ONE_RUN))
    decode_runs(in, img, b, files, n_files, *last);
  else
    in->bad = true;
}

/* ---- Functions ----------------------------------------------------------- */

/* As if the block before block 0 had this number. */
#define BEFORE_FIRST UINT32_MAX

void encode_func(struct byte_buffer *out, const struct image *img,
                 const struct func *f, struct lines **files, size_t *n_files) {
  struct last last = {BEFORE_FIRST, f->line, 0};
  const uint32_t *rules = f->keys + f->n_blocks;
  *files = NULL;
  *n_files = 0;
  local_file(files, n_files, f->file);
  put_byte(out, f->probe);
  put_byte(out, f->level);
  put_byte(out, f->flags);
  put_word(out, f->code, 4);
  for (uint32_t i = 0; i < f->n_blocks; i++)
    encode_block(out, img, f, i, files, n_files, &last);
  if (f->flags & KCOV8_FUNC_PRUNED) {
    bytes_put_uleb(out, rules[0]);
    for (uint32_t r = 1; r <= rules[0]; r++) {
      bytes_put_uleb(out, rules[r] & UINT16_MAX);
      bytes_put_uleb(out, rules[r] >> 16);
    }
  }
  struct lines *own = &(*files)[0];
  if (f->line && (!own->first || f->line < own->first))
    widen(own, f->line, f->line);
}

/* Room for @n more; it doubles when a power of two is passed. */
static void reserve_blocks(struct image *img, size_t n) {
  size_t cap = 1;
  while (cap < img->n_blocks)
    cap *= 2;
  if (img->n_blocks && img->n_blocks + n <= cap)
    return;
  while (cap < img->n_blocks + n)
    cap *= 2;
  img->blocks = xrealloc(img->blocks, cap, sizeof(*img->blocks));
}

static void push_key(uint32_t **keys, size_t *n, size_t *cap, uint32_t key) {
  *keys = vec_push(*keys, n, cap, sizeof(**keys));
  (*keys)[*n - 1] = key;
}

/* Return: how many blocks have a counter. */
static uint32_t decode_rules(struct span *in, uint32_t n_blocks,
                             uint32_t **keys, size_t *n_keys, size_t *cap) {
  uint32_t n = span_upto(in, (uint32_t)(in->end - in->p) / 2);
  uint32_t n_counters = n_blocks;
  size_t first = *n_keys + 1;
  push_key(keys, n_keys, cap, n);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t implied = span_upto(in, UINT16_MAX);
    push_key(keys, n_keys, cap, span_upto(in, UINT16_MAX) << 16 | implied);
  }
  if (!in->bad && kcov8i_rules_check(*keys + first, n, n_blocks, &n_counters))
    in->bad = true;
  return n_counters;
}

bool decode_func(struct span *in, struct image *img, struct func *f,
                 const uint32_t *files, uint32_t n_files, uint32_t **keys,
                 size_t *n_keys, size_t *cap_keys) {
  enum { MIN_BLOCK_BYTES = 1 + KEY_BYTES + 1 + 1 };
  struct last last = {BEFORE_FIRST, f->line, 0};
  f->probe = *span_bytes(in, 1);
  f->level = *span_bytes(in, 1);
  f->flags = *span_bytes(in, 1);
  f->code = read_u32(span_bytes(in, 4), false);
  if (in->bad || !n_files || !f->n_blocks || f->line > MAX_LINE ||
      f->n_blocks > (size_t)(in->end - in->p) / MIN_BLOCK_BYTES)
    return false;
  f->file = files[0];
  f->first_block = (uint32_t)img->n_blocks;
  reserve_blocks(img, f->n_blocks);
  for (uint32_t i = 0; i < f->n_blocks && !in->bad; i++) {
    struct block *b = &img->blocks[img->n_blocks++];
    uint32_t key;
    *b = (struct block){.func = (uint32_t)img->n_funcs - 1};
    decode_block(in, img, f, b, files, n_files, &key, &last);
    push_key(keys, n_keys, cap_keys, key);
  }
  uint32_t n_counters = f->n_blocks;
  if (f->flags & KCOV8_FUNC_PRUNED)
    n_counters = decode_rules(in, f->n_blocks, keys, n_keys, cap_keys);
  in->bad |=
      in->p != in->end || !kcov8_counter_bytes(f->first, n_counters, f->rows);
  f->n_implied = f->n_blocks - n_counters;
  for (uint32_t i = 0; i < f->n_blocks && !in->bad; i++)
    img->blocks[f->first_block + i].counter =
        i < n_counters ? f->array + kcov8_counter_at(f->first + i, f->rows)
                       : NO_COUNTER;
  return !in->bad;
}

/* ---- Functions of an image ----------------------------------------------- */

enum { SAME_ARRAY = 1, DISCARDED = 2 };

void encode_placed(struct byte_buffer *out, const struct placed *last,
                   const struct placed *p) {
  bool same = p->array == last->array && p->rows == last->rows &&
              p->first >= last->first;
  bytes_put_uleb(out, zigzag(p->row - last->row - 1) << 2 |
                          (p->discarded ? DISCARDED : 0) |
                          (same ? SAME_ARRAY : 0));
  if (!same) {
    bytes_put_uleb(out, p->array);
    bytes_put_uleb(out, p->rows);
  }
  bytes_put_uleb(out, same ? p->first - last->first : p->first);
}

bool decode_placed(struct span *in, struct placed *p) {
  if (in->bad || in->p == in->end)
    return false;
  uint64_t v = span_uleb(in);
  p->row = (int64_t)((uint64_t)p->row + 1 + (uint64_t)unzigzag(v >> 2));
  p->discarded = v & DISCARDED;
  if (!(v & SAME_ARRAY)) {
    p->array = span_uleb(in);
    p->rows = span_upto(in, UINT32_MAX);
    p->first = 0;
  }
  p->first += span_upto(in, UINT32_MAX - p->first);
  return !in->bad;
}
