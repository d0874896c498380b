/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * carry.h - functions of one build in another
 *
 * Equal IDs do not mean equal code: a block keeps its name when a number in it
 * changes. The function's code hash tells.
 */
#ifndef KCOV8_CARRY_H
#define KCOV8_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

enum carried {
  CARRIED_SAME,    /* the same code, and the same IDs, all of them, in both */
  CARRIED_CHANGED, /* a function of its hash, but other code */
  CARRIED_NOT,     /* no function of its hash */
};

/**
 * struct carry - from build @from to build @to, both whole
 * @by_hash: functions of @to, by hash
 */
struct carry {
  const struct image *from, *to;
  uint32_t *by_hash;
};

void carry_make(struct carry *c, const struct image *from,
                const struct image *to);
void carry_free(struct carry *c);

/* What became of function @func of from, an index in from->funcs. */
enum carried carry_func(const struct carry *c, uint32_t func);

/*
 * carry_next() - functions of @to with the hash of @func, one after the other
 * @at: 0 at first
 * Return: index in to->funcs; UINT32_MAX: no more
 */
uint32_t carry_next(const struct carry *c, uint32_t func, size_t *at);

/* The same block in @to, by ID: index in to->blocks; UINT32_MAX: none. */
uint32_t carry_block(const struct carry *c, uint32_t block);

#endif /* KCOV8_CARRY_H */
