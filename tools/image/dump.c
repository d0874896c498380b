// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * dump.c - from counters to blocks
 *
 * A file is read whole, and is taken whole or not at all. Whatever a byte says,
 * it is checked first.
 */
#include "image/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/tool.h"
#include "image/lookup.h"

static const uint8_t magic[] = {
    DUMP_FIRST_BYTE, 'k', 'c', 'o', 'v', '8', '\r', '\n'};
enum { VERSION = 1, COUNTED = 1 };

/* Unread bytes; once @bad they are not to be trusted. */
struct bytes {
  const uint8_t *p, *end;
  bool bad;
};

/**
 * struct reader - a file being read
 * @program: of the dump that is being read
 * @image:   that the next hits are of has been named
 * @wanted:  it is @img
 * @next:    index behind the last hit
 * @at:      of @wanted: where in @img->by_counter that was
 * @sums:    of @wanted: by block
 * @pcs:     of @wanted: by block, 0 unless it has moved
 */
struct reader {
  struct dump *dump;
  struct image *img;
  char *program;
  bool image, wanted, counted;
  uint64_t n_counters, next;
  size_t at;
  uint32_t *sums;
  uint64_t *pcs;
  size_t n_moved;
};

/* ---- Bytes --------------------------------------------------------------- */

static uint64_t take_uleb(struct bytes *b) {
  uint64_t v = 0;
  for (unsigned int shift = 0; b->p != b->end; shift += 7) {
    uint64_t low = *b->p & 0x7f;
    if (shift >= 64 || low << shift >> shift != low)
      break;
    v |= low << shift;
    if (!(*b->p++ & 0x80))
      return v;
  }
  b->bad = true;
  b->p = b->end;
  return 0;
}

static struct bytes take_bytes(struct bytes *b, uint64_t n) {
  struct bytes part = {b->p, b->p, b->bad};
  if (n > (uint64_t)(b->end - b->p)) {
    b->bad = part.bad = true;
    return part;
  }
  b->p += n;
  part.end = b->p;
  return part;
}

static uint64_t take_u64(struct bytes *b) {
  struct bytes part = take_bytes(b, 8);
  return part.bad ? 0 : read_u64(part.p, false);
}

static char *take_name(struct bytes *b) {
  char *name = xstrndup((const char *)b->p, (size_t)(b->end - b->p));
  for (char *c = name; *c; c++)
    if ((unsigned char)*c < ' ') /* it goes into messages */
      *c = '?';
  b->p = b->end;
  return name;
}

/* ---- Counters to blocks -------------------------------------------------- */

static int compare_counters(const void *a, const void *b, void *blocks) {
  const struct block *x = (const struct block *)blocks + *(const uint32_t *)a;
  const struct block *y = (const struct block *)blocks + *(const uint32_t *)b;
  return (x->counter > y->counter) - (x->counter < y->counter);
}

static void sort_counters(struct image *img) {
  if (img->by_counter)
    return;
  img->by_counter = xcalloc(img->n_blocks, sizeof(*img->by_counter));
  for (size_t i = 0; i < img->n_blocks; i++)
    img->by_counter[i] = (uint32_t)i;
  qsort_r(img->by_counter, img->n_blocks, sizeof(*img->by_counter),
          compare_counters, img->blocks);
}

/* Of hits in ascending order: @at is where the last one was found. */
static const struct block *find_counter(const struct image *img, size_t *at,
                                        uint64_t index) {
  while (*at < img->n_blocks &&
         img->blocks[img->by_counter[*at]].counter < index)
    ++*at;
  if (*at == img->n_blocks)
    return NULL;
  const struct block *b = &img->blocks[img->by_counter[*at]];
  return b->counter == index ? b : NULL;
}

static void add_sum(uint32_t *sum, uint32_t count) {
  *sum = *sum + count > UINT8_MAX ? UINT8_MAX : *sum + count;
}

/* What a block without a counter ran is the sum of what its witnesses did. */
static void add_implied(const struct image *img, uint32_t *sums) {
  for (size_t i = 0; i < img->n_funcs; i++) {
    const struct func *f = &img->funcs[i];
    const uint32_t *rules = f->keys + f->n_blocks;
    uint32_t *of = sums + f->first_block;
    for (uint32_t r = 1; f->n_implied && r <= rules[0]; r++)
      add_sum(&of[rules[r] & UINT16_MAX], of[rules[r] >> 16]);
  }
}

static void add_block(struct dump *dump, struct dump_block b) {
  dump->blocks =
      vec_push(dump->blocks, &dump->n, &dump->cap, sizeof(*dump->blocks));
  dump->blocks[dump->n - 1] = b;
}

static void end_image(struct reader *r) {
  const struct image *img = r->img;
  r->image = false;
  if (!r->wanted)
    return;
  add_implied(img, r->sums);
  for (uint32_t i = 0; r->n_moved && i < img->n_blocks; i++)
    if (r->pcs[i])
      add_block(r->dump, (struct dump_block){i, 0, r->pcs[i]});
  for (uint32_t i = 0; i < img->n_blocks; i++)
    if (r->sums[i])
      add_block(r->dump,
                (struct dump_block){i, r->sums[i],
                                    r->pcs[i] ? r->pcs[i] : img->blocks[i].pc});
  memset(r->sums, 0, img->n_blocks * sizeof(*r->sums));
  if (r->n_moved)
    memset(r->pcs, 0, img->n_blocks * sizeof(*r->pcs));
  r->n_moved = 0;
  r->wanted = false;
}

/* ---- Records ------------------------------------------------------------- */

static void read_program(struct reader *r, struct bytes *b) {
  take_uleb(b); /* its process ID */
  free(r->program);
  r->program = take_name(b);
}

static void add_other(struct reader *r, const char *name) {
  char *other = *name ? NULL
                      : xasprintf("an image of %s",
                                  r->program ? r->program : "a program");
  const char *s = other ? other : name;
  strtab_add(&r->dump->others, s, strlen(s));
  free(other);
}

static void read_image(struct reader *r, struct bytes *b) {
  end_image(r);
  uint64_t digest = take_u64(b);
  r->n_counters = take_uleb(b);
  uint64_t flags = take_uleb(b);
  b->bad |= flags > COUNTED;
  if (b->bad)
    return;
  char *name = take_name(b);
  r->image = true;
  r->next = r->at = 0;
  r->counted = flags == COUNTED;
  r->wanted = digest == r->img->digest &&
              r->n_counters == r->img->elf.tables[TABLE_COUNTERS].size;
  if (r->wanted)
    r->dump->n_images++;
  else
    add_other(r, name);
  free(name);
}

static void add_hit(struct reader *r, const struct block *b, uint32_t value) {
  const struct image *img = r->img;
  /* As many hits as ones, from bit 0 on. */
  if (!r->counted && img->funcs[b->func].probe == KCOV8_PROBE_UNARY)
    value = (uint32_t)__builtin_ctz(~value);
  add_sum(&r->sums[b - img->blocks], value);
}

/* @n counters in a row hold @value. */
static void read_run(struct reader *r, uint64_t n, uint32_t value) {
  for (; n; n--, r->next++) {
    const struct block *block =
        r->wanted ? find_counter(r->img, &r->at, r->next) : NULL;
    if (block)
      add_hit(r, block, value);
  }
}

static void read_hits(struct reader *r, struct bytes *b) {
  enum { MORE = 15, LONGEST_RUN = 10 };
  b->bad |= !r->image;
  while (!b->bad && b->p != b->end) {
    uint8_t token = *b->p++;
    uint64_t skipped = token >> 4, n = 1;
    uint32_t low = token & 15, value = 1;
    if (skipped == MORE)
      skipped += take_uleb(b);
    if (low < LONGEST_RUN) {
      n = low + 1;
    } else if (low < MORE) {
      value = low - LONGEST_RUN + 2;
    } else {
      struct bytes byte = take_bytes(b, 1);
      value = byte.bad ? 0 : *byte.p;
    }
    b->bad |= skipped > r->n_counters - r->next ||
              n > r->n_counters - r->next - skipped || !value;
    if (b->bad)
      return;
    r->next += skipped;
    read_run(r, n, value);
  }
}

static void read_moved(struct reader *r, struct bytes *b) {
  b->bad |= !r->image;
  while (!b->bad && b->p != b->end) {
    uint64_t pc = take_u64(b), id = take_u64(b);
    const struct block *block =
        r->wanted && !b->bad ? image_find_id(r->img, id) : NULL;
    if (!block)
      continue;
    r->pcs[block - r->img->blocks] = pc;
    r->n_moved++;
  }
}

/* False: that was the last one, or it is bad. */
static bool read_record(struct reader *r, struct bytes *all) {
  struct bytes type = take_bytes(all, 1);
  uint64_t size = take_uleb(all);
  struct bytes b = take_bytes(all, size);
  if (type.bad || b.bad)
    return false;
  switch (*type.p) {
  case 'P':
    read_program(r, &b);
    break;
  case 'I':
    read_image(r, &b);
    break;
  case 'H':
    read_hits(r, &b);
    break;
  case 'M':
    read_moved(r, &b);
    break;
  case 'X': /* the process goes on as another program */
    break;
  case 'E':
    end_image(r);
    return false;
  default:
    b.bad = true;
  }
  all->bad |= b.bad;
  return !b.bad;
}

static bool read_dump(struct reader *r, struct bytes *all, const char *name) {
  struct bytes head = take_bytes(all, sizeof(magic));
  struct bytes version = take_bytes(all, 1);
  if (!version.bad && memcmp(head.p, magic, sizeof(magic)) == 0 &&
      *version.p != VERSION)
    return fail(name,
                "is a dump of version %d, this kcov8 knows %d: use the "
                "kcov8 of the runtime that wrote it",
                *version.p, VERSION);
  all->bad |= version.bad || memcmp(head.p, magic, sizeof(magic)) != 0;
  while (!all->bad && read_record(r, all))
    ;
  return !all->bad || fail(name, "the dump is damaged, or cut short");
}

static uint8_t *read_all(FILE *f, size_t *n) {
  size_t cap = 1 << 16;
  uint8_t *data = xcalloc(cap, 1);
  *n = 0;
  for (size_t got; (got = fread(data + *n, 1, cap - *n, f)) != 0;) {
    *n += got;
    if (*n == cap)
      data = xrealloc(data, cap *= 2, 1);
  }
  return data;
}

enum dump_result dump_read(struct dump *dump, FILE *f, const char *name,
                           struct image *img) {
  size_t n;
  uint8_t *data = read_all(f, &n);
  *dump = (struct dump){0};
  if (ferror(f)) {
    warn(name, "%s", strerror(errno));
    free(data);
    return DUMP_FAILED;
  }
  sort_counters(img);
  struct reader r = {
      .dump = dump,
      .img = img,
      .sums = xcalloc(img->n_blocks, sizeof(*r.sums)),
      .pcs = xcalloc(img->n_blocks, sizeof(*r.pcs)),
  };
  struct bytes all = {data, data + n, false};
  bool ok = true;
  while (ok && all.p != all.end)
    ok = read_dump(&r, &all, name);
  free(r.program);
  free(r.sums);
  free(r.pcs);
  free(data);
  return ok ? DUMP_READ : DUMP_BAD;
}

void dump_free(struct dump *dump) {
  free(dump->blocks);
  strtab_free(&dump->others);
  *dump = (struct dump){0};
}
