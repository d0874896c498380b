/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * flat.h - as much of the FlatBuffers encoding as kcov-executor.c needs
 *
 * A message is its length (4 bytes), then the place of the root table. A table
 * starts with the distance back to its vtable: its size, the table's size, and
 * the place of each field in the table, 0 for one that is absent. What a field
 * refers to stands behind it.
 */
#ifndef GUESTS_FLAT_H
#define GUESTS_FLAT_H

#include <stdint.h>
#include <string.h>

#define FLAT_ROOM (256u << 10)
#define FLAT_FIELDS 8u /* a table's at most; all of them are 8 bytes wide */

struct flat {
  uint32_t n; /* bytes in use */
  _Alignas(8) uint8_t data[FLAT_ROOM];
};

static inline void flat_put32(struct flat *f, uint32_t at, uint32_t value) {
  memcpy(f->data + at, &value, 4);
}

static inline uint32_t flat_take(struct flat *f, uint32_t bytes) {
  f->n = (f->n + 7) & ~7u;
  uint32_t at = f->n;
  if (bytes > FLAT_ROOM - at)
    _Exit(66);
  memset(f->data + at, 0, bytes);
  f->n += bytes;
  return at;
}

/* The field at @slot refers to what starts at @at. */
static inline void flat_refer(struct flat *f, uint32_t slot, uint32_t at) {
  flat_put32(f, slot, at - slot);
}

/* A table of @n fields; where it is. */
static inline uint32_t flat_table(struct flat *f, uint32_t n) {
  uint32_t vtable = flat_take(f, 4 + 2 * n), table = flat_take(f, 8 + 8 * n);
  uint16_t sizes[2] = {(uint16_t)(4 + 2 * n), (uint16_t)(8 + 8 * n)};
  memcpy(f->data + vtable, sizes, 4);
  for (uint16_t i = 0; i < n; i++)
    memcpy(f->data + vtable + 4 + 2 * i, &(uint16_t){(uint16_t)(8 + 8 * i)}, 2);
  flat_put32(f, table, table - vtable);
  return table;
}

static inline uint32_t flat_slot(uint32_t table, uint32_t field) {
  return table + 8 + 8 * field;
}

/* Numbers are little-endian, so a wider slot does no harm. */
static inline void flat_number(struct flat *f, uint32_t table, uint32_t field,
                               uint64_t value) {
  memcpy(f->data + flat_slot(table, field), &value, 8);
}

/* A vector of @n elements, of @bytes in all, with a NUL behind them. */
static inline uint32_t flat_vector(struct flat *f, const void *from, uint32_t n,
                                   uint32_t bytes) {
  uint32_t at = flat_take(f, 4 + 4 + bytes + 1) + 4;
  flat_put32(f, at, n);
  if (from)
    memcpy(f->data + at + 4, from, bytes);
  return at;
}

static inline void flat_text(struct flat *f, uint32_t table, uint32_t field,
                             const char *text) {
  uint32_t n = (uint32_t)strlen(text);
  flat_refer(f, flat_slot(table, field), flat_vector(f, text, n, n));
}

/* A vector of @n tables to come: flat_refer(f, at + 4 + 4 * i, table). */
static inline uint32_t flat_tables(struct flat *f, uint32_t table,
                                   uint32_t field, uint32_t n) {
  uint32_t at = flat_vector(f, NULL, n, 4 * n);
  flat_refer(f, flat_slot(table, field), at);
  return at;
}

/* The empty message, and its root table of @n fields. */
static inline uint32_t flat_begin(struct flat *f, uint32_t n) {
  f->n = 0;
  flat_take(f, 8);
  uint32_t table = flat_table(f, n);
  flat_put32(f, 4, table - 4); /* from behind the length */
  return table;
}

/* ---- Reading: the message without its length ------------------------- */

static inline uint32_t flat_get32(const struct flat *f, uint32_t at) {
  uint32_t value;
  memcpy(&value, f->data + at, 4);
  return value;
}

/* Where a field stands, or 0. */
static inline uint32_t flat_field(const struct flat *f, uint32_t table,
                                  uint32_t field) {
  uint32_t vtable = table - flat_get32(f, table);
  uint16_t size, at = 0;
  memcpy(&size, f->data + vtable, 2);
  if (4 + 2 * field < size)
    memcpy(&at, f->data + vtable + 4 + 2 * field, 2);
  return at ? table + at : 0;
}

static inline uint64_t flat_get64(const struct flat *f, uint32_t table,
                                  uint32_t field) {
  uint32_t at = flat_field(f, table, field);
  uint64_t value = 0;
  if (at)
    memcpy(&value, f->data + at, 8);
  return value;
}

/* What a field refers to, or 0. */
static inline uint32_t flat_target(const struct flat *f, uint32_t table,
                                   uint32_t field) {
  uint32_t at = flat_field(f, table, field);
  return at ? at + flat_get32(f, at) : 0;
}

#endif /* GUESTS_FLAT_H */
