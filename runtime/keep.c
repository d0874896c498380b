/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * keep.c - for dumps, what an image ran whose blocks have no PCs
 *
 * Most programs that dump never open the device. Their images get no PCs, no
 * IDs and no other tables: one pass over the records, one over the bytes of all
 * tables (the digest that tells whose counters these are), and a sweep. A tool
 * makes blocks of counters, with the image.
 *
 * Images go before the program has ended: what they ran is kept till the dump.
 */
#include "image/record.h"
#include "registry.h"

static const char *(*file_of)(const void *address);

static struct kcov8i_kept *kept_list;

void kcov8i_keep_start(const char *(*name_of)(const void *address)) {
  kcov8i_lock();
  file_of = name_of;
  kcov8i.keep = true;
  kcov8i_unlock();
}

void kcov8i_keep_stop(void) {
  kcov8i_lock();
  kcov8i.keep = false;
  kcov8i_unlock();
}

struct kcov8i_kept *kcov8i_keep_first(void) {
  return kept_list;
}

/* ---- Names --------------------------------------------------------------- */

static size_t length_of(const char *s) {
  size_t n = 0;
  while (s[n])
    n++;
  return n;
}

const char *kcov8i_keep_name_of(const struct kcov8_image *desc) {
  return file_of ? file_of(desc) : "";
}

/* NULL if there is none, or no memory: it is for messages only. */
static char *copy_name(const struct kcov8_image *desc) {
  const char *const name = kcov8i_keep_name_of(desc);
  const size_t n = length_of(name);
  char *const copy = n ? kcov8_port_alloc(n + 1) : NULL;
  for (size_t i = 0; copy && i < n; i++)
    copy[i] = name[i];
  return copy;
}

void kcov8i_keep_free_name(char *name) {
  if (name)
    kcov8_port_free(name, length_of(name) + 1);
}

void kcov8i_keep_identity(struct kcov8i_image *img) {
  img->digest = kcov8i_table_digest(img->desc);
  if (!img->name)
    img->name = copy_name(img->desc);
}

/* ---- Tables -------------------------------------------------------------- */

/* abi, probe, level and flags at once: there are thousands of records. */
static uint32_t kind_word(const struct kcov8_func *f) {
  enum { AT = offsetof(struct kcov8_func, abi) / sizeof(uint32_t) };
  return ((const kcov8i_word *)f)[AT];
}

/* The tool checks the rest; this much it would not see, or too late. */
enum kcov8i_tables kcov8i_keep_look(const struct kcov8_image *desc) {
  const struct kcov8i_stock *const stock = kcov8i_stock_of(desc);
  const uintptr_t c0 = (uintptr_t)desc->counters[0];
  const uintptr_t c1 = (uintptr_t)desc->counters[1];
  const uintptr_t k0 = (uintptr_t)desc->keys[0];
  const uintptr_t k1 = (uintptr_t)desc->keys[1];
  const struct kcov8_func *const f0 = desc->funcs[0];
  const struct kcov8_func *const f1 = desc->funcs[1];
  if (c1 == c0 && f1 == f0)
    return KCOV8I_EMPTY;
  if (stock)
    return kcov8i_stock_check(stock) ? KCOV8I_UNUSABLE : KCOV8I_USABLE;
  if (c1 <= c0 || c1 - c0 >= KCOV8I_NO_SLOT || k1 <= k0 ||
      k0 % sizeof(uint32_t) || (uintptr_t)f1 <= (uintptr_t)f0 ||
      (uintptr_t)f0 % sizeof(uint64_t) ||
      ((uintptr_t)f1 - (uintptr_t)f0) % sizeof(*f0))
    return KCOV8I_UNUSABLE;
  /* In all records these bits are those of the first. */
  const struct kcov8_func same = {
      .abi = UINT8_MAX, .flags = KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT};
  uint32_t other = 0;
  for (const struct kcov8_func *f = f0; f != f1; f++)
    other |= kind_word(f) ^ kind_word(f0);
  return f0->abi != KCOV8_ABI_VERSION || other & kind_word(&same)
             ? KCOV8I_UNUSABLE
             : KCOV8I_USABLE;
}

static bool has_unary(const struct kcov8_image *desc) {
  for (const struct kcov8_func *f = desc->funcs[0]; f != desc->funcs[1]; f++)
    if (f->probe == KCOV8_PROBE_UNARY)
      return true;
  return false;
}

/* ---- Counters ------------------------------------------------------------ */

static struct kcov8i_kept *find_kept(uint64_t digest, size_t n_counters) {
  struct kcov8i_kept *k = kept_list;
  while (k && (k->digest != digest || k->n_counters != n_counters))
    k = k->next;
  return k;
}

static struct kcov8i_kept *add_kept(const struct kcov8_image *desc,
                                    uint64_t digest, size_t n_counters) {
  struct kcov8i_kept **end = &kept_list;
  struct kcov8i_kept *const k = kcov8_port_alloc(sizeof(*k) + n_counters);
  if (!k)
    return NULL;
  k->name = copy_name(desc);
  k->digest = digest;
  k->n_counters = n_counters;
  while (*end)
    end = &(*end)->next;
  return *end = k;
}

/* Adds up what counters hold, which for unary ones is no sum. */
static void add_hits(const struct kcov8i_image *unary, uint8_t *from,
                     struct kcov8i_kept *k) {
  struct kcov8i_hit hits[KCOV8I_BATCH];
  for (size_t pos = 0; pos < k->n_counters;) {
    const size_t n = kcov8i_sweep(from, k->n_counters, &pos, hits);
    if (unary->unary)
      kcov8i_unary_decode(unary, hits, n);
    for (size_t i = 0; i < n; i++)
      kcov8i_add_count(&k->bytes[hits[i].index], hits[i].count);
  }
}

/* Unary bytes to counts: an image that comes and goes needs sums. */
static void decode_kept(const struct kcov8i_image *unary,
                        struct kcov8i_kept *k) {
  for (size_t i = 0; i < k->n_counters; i++) {
    struct kcov8i_hit hit = {(uint32_t)i, k->bytes[i]};
    if (hit.count)
      kcov8i_unary_decode(unary, &hit, 1);
    k->bytes[i] = (uint8_t)hit.count;
  }
  k->decoded = true;
}

static int add_again(const struct kcov8_image *desc, struct kcov8i_kept *k) {
  struct kcov8i_image unary = {.n_counters = k->n_counters};
  struct kcov8i_table t;
  if (has_unary(desc)) {
    int err = kcov8i_table_read(desc, &t);
    if (!err)
      err = kcov8i_unary_build(&t, &unary);
    if (err)
      return err;
    if (!k->decoded)
      decode_kept(&unary, k);
  }
  add_hits(&unary, desc->counters[0], k);
  kcov8i_unary_free(&unary);
  return 0;
}

int kcov8i_keep_counters(const struct kcov8_image *desc) {
  const size_t n_counters =
      (uintptr_t)desc->counters[1] - (uintptr_t)desc->counters[0];
  const uint64_t digest = kcov8i_table_digest(desc);
  struct kcov8i_kept *k = find_kept(digest, n_counters);
  if (k)
    return add_again(desc, k);
  k = add_kept(desc, digest, n_counters);
  if (!k)
    return -KCOV8_ENOMEM;
  add_hits(&(struct kcov8i_image){0}, desc->counters[0], k);
  return 0;
}

void kcov8i_keep_forget(void) {
  while (kept_list) {
    struct kcov8i_kept *const k = kept_list;
    kept_list = k->next;
    kcov8i_keep_free_name(k->name);
    kcov8_port_free(k, sizeof(*k) + k->n_counters);
  }
}
