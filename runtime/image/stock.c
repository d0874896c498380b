/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * stock.c - reads the tables of an image that a stock compiler made
 *
 * A block's PC is its address in the image's file: what Linux's kcov gives,
 * too, without the slide (kernel/kcov.c, canonicalize_ip()). So slots are
 * distances from the first address. Files of two objects have the same
 * addresses: who is prepared later has all of its PCs some multiple of 4 GiB
 * higher, and they count as moved.
 *
 * An entry may name another object's address: the function was interposed, or a
 * program that is not position-independent has its own entry for it. Such a
 * block has no PC here.
 */
#include "image/image.h"
#include "image/record.h"

#define SHIFT (UINT64_C(1) << 32)

const struct kcov8i_stock *kcov8i_stock_of(const struct kcov8_image *desc) {
  if (desc->abi != KCOV8I_ABI_STOCK)
    return NULL;
  return (const void *)((const char *)desc -
                        offsetof(struct kcov8i_stock, desc));
}

static size_t stock_counters(const struct kcov8i_stock *s) {
  return (uintptr_t)s->desc.counters[1] - (uintptr_t)s->desc.counters[0];
}

static size_t stock_entries(const struct kcov8i_stock *s) {
  return ((uintptr_t)s->pcs[1] - (uintptr_t)s->pcs[0]) /
         (2 * sizeof(uintptr_t));
}

static size_t stock_blocks(const struct kcov8i_stock *s) {
  return s->code ? stock_counters(s) : stock_entries(s);
}

static bool in_object(const struct kcov8i_stock *s, uintptr_t pc) {
  return !s->end || (pc >= s->begin && pc < s->end);
}

/* ---- Checks -------------------------------------------------------------- */

const char *kcov8i_stock_check(const struct kcov8i_stock *s) {
  if (stock_counters(s) >= KCOV8I_NO_SLOT)
    return "too many counters";
  if (s->code)
    return NULL;
  if (!s->pcs[0])
    return "no pc-table: add pc-table to -fsanitize-coverage=";
  if (stock_entries(s) != stock_counters(s) / s->step)
    return " in the pc-table: the linker dropped some of one";
  return NULL;
}

static void about_stock(struct kcov8i_msg *m, const struct kcov8i_stock *s) {
  kcov8i_msg_str(m, "image of -fsanitize-coverage at ");
  kcov8i_msg_hex(m, (uintptr_t)s->desc.counters[0]);
  kcov8i_msg_str(m, ": ");
}

static int refuse_stock(const struct kcov8i_stock *s, const char *why) {
  struct kcov8i_msg m = {0};
  about_stock(&m, s);
  if (*why == ' ') {
    kcov8i_msg_dec(&m, stock_counters(s) / s->step);
    kcov8i_msg_str(&m, " counters, ");
    kcov8i_msg_dec(&m, stock_entries(s));
  }
  kcov8i_msg_str(&m, why);
  kcov8i_msg_log(&m, KCOV8_LOG_ERROR);
  return -KCOV8_ENODEV;
}

int kcov8i_stock_read(const struct kcov8i_stock *s, struct kcov8i_table *t) {
  const char *const why = kcov8i_stock_check(s);
  if (why)
    return refuse_stock(s, why);
  *t = (struct kcov8i_table){
      .counters = s->desc.counters[0],
      .n_counters = stock_counters(s),
      .n_blocks = stock_blocks(s),
      .per_task = s->desc.delta_at != NULL,
      .delta_at = s->desc.delta_at,
      .stock = s,
  };
  return 0;
}

/* ---- PCs ----------------------------------------------------------------- */

/* Addresses of the first and the last block that are in the image. */
static bool find_range(const struct kcov8i_stock *s, uintptr_t range[2]) {
  size_t n = 0;
  range[0] = UINTPTR_MAX;
  range[1] = 0;
  for (size_t i = 0; i < stock_entries(s); i++) {
    const uintptr_t pc = s->pcs[0][2 * i];
    if (!in_object(s, pc))
      continue;
    n++;
    range[0] = pc < range[0] ? pc : range[0];
    range[1] = pc > range[1] ? pc : range[1];
  }
  return n != 0;
}

static bool is_taken(uint64_t begin, uint64_t end) {
  for (const struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    if (i->stock && begin < i->pc_end && i->pc_base < end)
      return true;
  return false;
}

static void place_addresses(struct kcov8i_image *img, uint64_t begin,
                            uint64_t end) {
  uint64_t shift = 0;
  while (is_taken(begin + shift, end + shift))
    shift += SHIFT;
  img->stock = true;
  img->pc_base = begin + shift;
  img->pc_end = end + shift;
  img->pc_shift = shift;
}

static void say_outside(const struct kcov8i_stock *s, size_t n) {
  struct kcov8i_msg m = {0};
  about_stock(&m, s);
  kcov8i_msg_str(&m, "functions that another object has interposed: ");
  kcov8i_msg_dec(&m, n);
  kcov8i_msg_str(&m, "; their first blocks are not reported");
  kcov8i_msg_log(&m, KCOV8_LOG_WARNING);
}

int kcov8i_stock_number(const struct kcov8i_stock *s,
                        struct kcov8i_image *img) {
  uintptr_t range[2];
  size_t n_outside = 0;
  if (s->code) {
    place_addresses(img, s->code - s->bias,
                    s->code - s->bias + stock_counters(s));
    return 0;
  }
  if (!find_range(s, range) || range[1] - range[0] >= KCOV8I_NO_SLOT)
    return refuse_stock(s, "its pc-table has no addresses of it");
  place_addresses(img, range[0] - s->bias, (uint64_t)range[1] - s->bias + 1);
  for (size_t i = 0; i < img->n_counters; i++) {
    const uintptr_t pc = s->pcs[0][i / s->step * 2];
    const bool counts = i % s->step == 0;
    n_outside += counts && !in_object(s, pc);
    img->slots[i] =
        counts && in_object(s, pc) ? (uint32_t)(pc - range[0]) : KCOV8I_NO_SLOT;
  }
  if (n_outside)
    say_outside(s, n_outside);
  return 0;
}

void kcov8i_stock_identify(const struct kcov8i_stock *s,
                           struct kcov8i_image *img) {
  (void)s;
  for (size_t i = 0; i < img->n_indexes; i++) {
    if (img->slots && img->slots[i] == KCOV8I_NO_SLOT)
      continue;
    img->ids[i] = kcov8i_pc(img, i) - img->pc_shift;
    img->moved[i] = img->pc_shift != 0;
  }
}

/* ---- Which build is it? -------------------------------------------------- */

static uint64_t digest_code(const struct kcov8i_stock *s) {
  const uintptr_t begin = (s->code + 3) & ~(uintptr_t)3;
  const uintptr_t end = s->code + stock_counters(s);
  const uint64_t h = kcov8i_digest_start(stock_counters(s), 0, 0);
  return kcov8i_digest(h, (const kcov8i_word *)begin, (end - begin) / 4);
}

uint64_t kcov8i_stock_digest(const struct kcov8i_stock *s) {
  if (s->code)
    return digest_code(s);
  uint64_t h = kcov8i_fingerprint_start(stock_counters(s));
  for (size_t i = 0; i < stock_entries(s); i++)
    h = kcov8i_fingerprint_add(h, s->pcs[0][2 * i] - s->bias,
                               s->pcs[0][2 * i + 1], NULL, 0);
  return h;
}
