/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * table.c - reads one image's tables: checks, PCs, IDs
 *
 * Tables come from a linker, not from a guest, but they may be stale (objects
 * of several compilers), cut (a linker script that drops a section) or
 * overwritten. Everything is checked before it is used, and the reason of a
 * refusal is logged. All address arithmetic is on integers: a broken record
 * points anywhere. Counter bytes that no record owns are legal (padding).
 * Called with the lock held; temporary memory is 32 bytes per block.
 */
#include "image/image.h"
#include "image/pc.h"
#include "image/record.h"

/* Starts a message that names the image. */
static void about(struct kcov8i_msg *m, const struct kcov8_image *desc) {
  m->len = 0;
  kcov8i_msg_str(m, "image at ");
  kcov8i_msg_hex(m, (uintptr_t)desc);
  kcov8i_msg_str(m, ": ");
}

static int refuse(const struct kcov8_image *desc, const char *why) {
  struct kcov8i_msg m;
  about(&m, desc);
  kcov8i_msg_str(&m, why);
  kcov8i_msg_log(&m, KCOV8_LOG_ERROR);
  return -KCOV8_ENODEV;
}

static int refuse_func(const struct kcov8_image *desc, size_t n,
                       const struct kcov8_func *f, const char *why) {
  struct kcov8i_msg m;
  about(&m, desc);
  kcov8i_msg_str(&m, "function record ");
  kcov8i_msg_dec(&m, n);
  kcov8i_msg_str(&m, " (hash ");
  kcov8i_msg_hex(&m, f->hash);
  kcov8i_msg_str(&m, "): ");
  kcov8i_msg_str(&m, why);
  kcov8i_msg_log(&m, KCOV8_LOG_ERROR);
  return -KCOV8_ENODEV;
}

static int refuse_abi(const struct kcov8_image *desc, size_t n,
                      const struct kcov8_func *f) {
  struct kcov8i_msg m = {0};
  kcov8i_msg_str(&m, "table ABI ");
  kcov8i_msg_dec(&m, f->abi);
  kcov8i_msg_str(&m, ", this runtime reads ");
  kcov8i_msg_dec(&m, KCOV8_ABI_VERSION);
  return refuse_func(desc, n, f, m.text);
}

/* Do @n elements of @size bytes from @at lie inside [begin, end)? */
static bool inside(uintptr_t at, size_t n, size_t size, const void *begin,
                   const void *end) {
  const uintptr_t b = (uintptr_t)begin, e = (uintptr_t)end;
  return at >= b && at <= e && n <= (e - at) / size;
}

const uint32_t *kcov8i_table_keys(const struct kcov8_func *f) {
  return (const uint32_t *)kcov8i_target(&f->keys);
}

/* Behind the keys: how many, and then the rules. */
static const uint32_t *rules_word(const struct kcov8_func *f) {
  return kcov8i_table_keys(f) + f->n_blocks;
}

uint32_t kcov8i_table_n_rules(const struct kcov8_func *f) {
  return f->flags & KCOV8_FUNC_PRUNED ? *rules_word(f) : 0;
}

const uint32_t *kcov8i_table_rules(const struct kcov8_func *f) {
  return rules_word(f) + 1;
}

uint32_t kcov8i_table_n_counters(const struct kcov8_func *f) {
  return kcov8i_table_n_rules(f) ? *kcov8i_table_rules(f) & UINT16_MAX
                                 : f->n_blocks;
}

static size_t array_index(const struct kcov8i_table *t,
                          const struct kcov8_func *f) {
  return kcov8i_target(&f->counters) - (uintptr_t)t->counters;
}

bool kcov8i_next_record(struct kcov8i_records *r) {
  if (r->f)
    r->implied += r->f->n_blocks - kcov8i_table_n_counters(r->f);
  else
    r->implied = r->t->n_counters;
  r->f = r->f ? r->f + 1 : r->t->funcs;
  return r->f != r->t->funcs + r->t->n_funcs;
}

size_t kcov8i_record_index(const struct kcov8i_records *r, uint32_t block) {
  const uint32_t n = kcov8i_table_n_counters(r->f);
  return block < n ? array_index(r->t, r->f) +
                         kcov8_counter_at(r->f->first + block, r->f->rows)
                   : r->implied + (block - n);
}

/* All indexes of one record in the order of its blocks, without divisions. */
struct walk {
  size_t base; /* of its array in the image */
  size_t implied;
  uint32_t row, column, rows, n_counters;
};

static struct walk walk_begin(const struct kcov8i_records *r) {
  const struct kcov8_func *const f = r->f;
  return (struct walk){
      .base = array_index(r->t, f),
      .implied = r->implied,
      .row = f->rows ? f->first % f->rows : f->first,
      .column = f->rows ? f->first / f->rows : 0,
      .rows = f->rows,
      .n_counters = kcov8i_table_n_counters(f),
  };
}

static size_t walk_next(struct walk *w) {
  if (!w->n_counters)
    return w->implied++;
  w->n_counters--;
  if (!w->rows)
    return w->base + w->row++;
  const size_t at = w->base + 4 * (size_t)w->row + w->column;
  if (++w->row == w->rows) {
    w->row = 0;
    w->column++;
  }
  return at;
}

/* The keys are known to be inside. */
static int check_rules(const struct kcov8_image *desc, size_t n,
                       const struct kcov8_func *f) {
  const uint32_t *const word = rules_word(f);
  uint32_t n_counters;
  if (!inside((uintptr_t)word, 1, sizeof(uint32_t), desc->keys[0],
              desc->keys[1]) ||
      !inside((uintptr_t)(word + 1), *word, sizeof(uint32_t), desc->keys[0],
              desc->keys[1]))
    return refuse_func(desc, n, f, "rules lie outside of " KCOV8_SECTION_KEYS);
  const char *const wrong =
      kcov8i_rules_check(word + 1, *word, f->n_blocks, &n_counters);
  return wrong ? refuse_func(desc, n, f, wrong) : 0;
}

#define TASK_FLAGS (KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT)

static int check_func(const struct kcov8_image *desc, size_t n,
                      const struct kcov8_func *f) {
  if (f->abi != KCOV8_ABI_VERSION)
    return refuse_abi(desc, n, f);
  if (f->n_blocks == 0)
    return refuse_func(desc, n, f, "no blocks");
  if (f->probe >= KCOV8_N_PROBES)
    return refuse_func(desc, n, f, "unknown kind of probe");
  if (f->level > KCOV8_LEVEL_EDGE)
    return refuse_func(desc, n, f, "unknown level");
  if (kcov8i_target(&f->keys) % sizeof(uint32_t) ||
      !inside(kcov8i_target(&f->keys), f->n_blocks, sizeof(uint32_t),
              desc->keys[0], desc->keys[1]))
    return refuse_func(desc, n, f, "keys lie outside of " KCOV8_SECTION_KEYS);
  if (f->flags & ~(KCOV8_FUNC_EARLY | KCOV8_FUNC_PRUNED | KCOV8_FUNC_CMP |
                   KCOV8_FUNC_TASK | KCOV8_FUNC_SEGMENT | KCOV8_FUNC_ORDER))
    return refuse_func(desc, n, f, "unknown flags");
  if (f->flags & KCOV8_FUNC_PRUNED && check_rules(desc, n, f))
    return -KCOV8_ENODEV;
  const uint64_t bytes =
      kcov8_counter_bytes(f->first, kcov8i_table_n_counters(f), f->rows);
  if (!bytes)
    return refuse_func(desc, n, f, "more counters than rows hold");
  if (bytes > SIZE_MAX || !inside(kcov8i_target(&f->counters), (size_t)bytes, 1,
                                  desc->counters[0], desc->counters[1]))
    return refuse_func(desc, n, f,
                       "counters lie outside of " KCOV8_SECTION_COUNTERS);
  return 0;
}

int kcov8i_table_read(const struct kcov8_image *desc, struct kcov8i_table *t) {
  const uintptr_t c0 = (uintptr_t)desc->counters[0];
  const uintptr_t c1 = (uintptr_t)desc->counters[1];
  const uintptr_t k0 = (uintptr_t)desc->keys[0];
  const uintptr_t k1 = (uintptr_t)desc->keys[1];
  const uintptr_t f0 = (uintptr_t)desc->funcs[0];
  const uintptr_t f1 = (uintptr_t)desc->funcs[1];

  if (kcov8i_stock_of(desc))
    return kcov8i_stock_read(kcov8i_stock_of(desc), t);
  if (c1 < c0 || k1 < k0 || f1 < f0)
    return refuse(desc, "a section ends before it begins");
  if (k0 % sizeof(uint32_t) || f0 % sizeof(uint64_t))
    return refuse(desc, "a section is not aligned");
  if ((f1 - f0) % sizeof(struct kcov8_func))
    return refuse(desc, "size of " KCOV8_SECTION_FUNCS
                        " is no multiple of a function record");
  if (f1 == f0 && c1 != c0)
    return refuse(desc, "counters, but no function records: " //
                  KCOV8_SECTION_FUNCS " was dropped");
  if (c1 - c0 >= KCOV8I_NO_SLOT)
    return refuse(desc, "too many counters");

  *t = (struct kcov8i_table){
      .counters = desc->counters[0],
      .n_counters = c1 - c0,
      .funcs = desc->funcs[0],
      .n_funcs = (f1 - f0) / sizeof(struct kcov8_func),
      .ordered = true,
  };
  size_t n_keys = 0;
  for (size_t i = 0; i < t->n_funcs; i++) {
    const int err = check_func(desc, i, &t->funcs[i]);
    if (err)
      return err;
    /* Bounds both sums: neither array can overflow a size_t. */
    t->n_blocks += t->funcs[i].n_blocks;
    t->n_implied +=
        t->funcs[i].n_blocks - kcov8i_table_n_counters(&t->funcs[i]);
    t->has_cmp |= (t->funcs[i].flags & KCOV8_FUNC_CMP) != 0;
    t->has_unary |= t->funcs[i].probe == KCOV8_PROBE_UNARY;
    t->ordered &= (t->funcs[i].flags & KCOV8_FUNC_ORDER) != 0;
    const uint8_t kind = t->funcs[i].flags & TASK_FLAGS;
    if (kind != (t->funcs[0].flags & TASK_FLAGS))
      return refuse_func(desc, i, &t->funcs[i],
                         "attribution or delta is not that of other functions");
    if (t->n_blocks - t->n_implied > t->n_counters)
      return refuse_func(desc, i, &t->funcs[i],
                         "more blocks than counters: records overlap");
    n_keys += t->funcs[i].n_blocks + kcov8i_table_n_rules(&t->funcs[i]);
    if (n_keys > (k1 - k0) / sizeof(uint32_t))
      return refuse_func(desc, i, &t->funcs[i],
                         "more blocks than keys: records overlap");
  }
  if (t->n_blocks > KCOV8_PC_SLOTS)
    return refuse(desc, "more blocks than PCs");
  if (t->n_funcs) {
    t->per_task = (t->funcs[0].flags & KCOV8_FUNC_TASK) != 0;
    t->segment = (t->funcs[0].flags & KCOV8_FUNC_SEGMENT) != 0;
  }
  if (desc->size >= offsetof(struct kcov8_image, delta_at) + sizeof(void *))
    t->delta_at = desc->delta_at;
  if (t->ordered && !t->segment)
    t->ordered = kcov8i_order_at(desc) != NULL;
  return 0;
}

/* The IDs in table order, then sorted and with the slots of this image alone */
static void assign(const struct kcov8i_table *t, struct kcov8i_id *ids,
                   struct kcov8i_id *scratch) {
  size_t n = 0;
  for (size_t i = 0; i < t->n_funcs; i++) {
    const struct kcov8_func *const f = &t->funcs[i];
    const uint32_t *const keys = kcov8i_table_keys(f);
    for (uint32_t b = 0; b < f->n_blocks; b++)
      ids[n++].id = kcov8_block_id(f->hash, keys[b]);
  }
  kcov8i_assign_slots(ids, n, scratch);
}

static size_t taken_slots(uint32_t *out) {
  size_t n = 0;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    for (size_t c = 0; !i->stock && c < i->n_indexes; c++)
      if (i->slots[c] != KCOV8I_NO_SLOT)
        out[n++] = i->slots[c];
  return n;
}

/* Gives up what images before this one have. */
static int yield_to_loaded(struct kcov8i_id *ids, size_t n,
                           struct kcov8i_id *scratch) {
  size_t n_taken = 0;
  for (struct kcov8i_image *i = kcov8i.images; i; i = i->next)
    n_taken += i->stock ? 0 : i->n_blocks;
  if (!n_taken)
    return 0;
  if (n_taken > KCOV8_PC_SLOTS - n)
    return -KCOV8_ENODEV;
  const size_t bytes = 2 * n_taken * sizeof(uint32_t);
  uint32_t *const taken = kcov8_port_alloc(bytes);
  if (!taken)
    return -KCOV8_ENOMEM;
  taken_slots(taken);
  kcov8i_sort_slots(taken, n_taken, taken + n_taken);
  kcov8i_yield_slots(ids, n, scratch, taken, n_taken);
  kcov8_port_free(taken, bytes);
  return 0;
}

/* Gives each counter its slot; false, with the record, if it has two owners. */
static bool place_slots(const struct kcov8i_table *t, const uint32_t *slots,
                        uint32_t *by_index, size_t *func) {
  for (size_t i = 0; i < t->n_counters + t->n_implied; i++)
    by_index[i] = KCOV8I_NO_SLOT;
  for (struct kcov8i_records r = {.t = t}; kcov8i_next_record(&r);) {
    struct walk w = walk_begin(&r);
    for (uint32_t b = 0; b < r.f->n_blocks; b++) {
      uint32_t *const mine = &by_index[walk_next(&w)];
      if (*mine != KCOV8I_NO_SLOT) {
        *func = (size_t)(r.f - t->funcs);
        return false;
      }
      *mine = *slots++;
    }
  }
  return true;
}

int kcov8i_table_number(const struct kcov8i_table *t,
                        struct kcov8i_image *img) {
  const size_t n = t->n_blocks;
  const size_t bytes = 2 * n * sizeof(struct kcov8i_id);
  if (t->stock)
    return kcov8i_stock_number(t->stock, img);
  struct kcov8i_id *const ids = kcov8_port_alloc(bytes);
  if (!ids)
    return -KCOV8_ENOMEM;
  struct kcov8i_id *const scratch = ids + n;
  assign(t, ids, scratch);
  int err = yield_to_loaded(ids, n, scratch);
  if (!err) {
    /* Back from the order of IDs to that of the table. */
    uint32_t *const slots = (uint32_t *)(void *)scratch;
    size_t func;
    for (size_t i = 0; i < n; i++)
      slots[ids[i].index] = ids[i].slot;
    if (!place_slots(t, slots, img->slots, &func))
      err = refuse_func(img->desc, func, &t->funcs[func],
                        "overlaps the counters of another record");
  } else if (err == -KCOV8_ENODEV) {
    refuse(img->desc, "no PCs left for its blocks");
  }
  kcov8_port_free(ids, bytes);
  return err;
}

/* Back from the order of IDs. */
static void table_order(const struct kcov8i_id *from, size_t n,
                        struct kcov8i_id *to) {
  for (size_t i = 0; i < n; i++)
    to[from[i].index] = from[i];
}

int kcov8i_table_identify(struct kcov8i_image *img) {
  struct kcov8i_table t;
  const size_t n = img->n_indexes;
  const size_t bytes = 2 * img->n_blocks * sizeof(struct kcov8i_id);

  if (img->ids)
    return 0;
  int err = kcov8i_table_read(img->desc, &t);
  if (err)
    return err;
  /* One piece: IDs first, so that all are aligned. */
  uint64_t *const all = kcov8_port_alloc(n * (sizeof(uint64_t) + 2));
  struct kcov8i_id *const ids = kcov8_port_alloc(bytes);
  if (!all || !ids) {
    if (all)
      kcov8_port_free(all, n * (sizeof(uint64_t) + 2));
    if (ids)
      kcov8_port_free(ids, bytes);
    return -KCOV8_ENOMEM;
  }
  img->ids = all;
  img->kept = (uint8_t *)(all + n);
  img->moved = img->kept + n;
  if (t.stock) {
    kcov8i_stock_identify(t.stock, img);
    kcov8_port_free(ids, bytes);
    return 0;
  }

  struct kcov8i_id *const scratch = ids + img->n_blocks;
  assign(&t, ids, scratch);
  table_order(ids, img->n_blocks, scratch);
  const struct kcov8i_id *next = scratch;
  for (struct kcov8i_records r = {.t = &t}; kcov8i_next_record(&r);) {
    struct walk w = walk_begin(&r);
    for (uint32_t b = 0; b < r.f->n_blocks; b++, next++) {
      const size_t c = walk_next(&w);
      img->ids[c] = next->id;
      img->moved[c] = next->slot != img->slots[c];
    }
  }
  kcov8_port_free(ids, bytes);
  return 0;
}
