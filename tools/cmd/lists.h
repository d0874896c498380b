/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* lists.h - lists of PCs of an old build, as lists of a new one */
#ifndef KCOV8_LISTS_H
#define KCOV8_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/jsonw.h"
#include "cmd/pair.h"
#include "match/match.h"

/* What became of a PC. */
enum fate {
  FATE_CARRIED,
  FATE_NO_BLOCK,    /* its function has no such block any more */
  FATE_NO_FUNCTION, /* its function is gone */
  FATE_NO_TIER,     /* evidence that nobody asked for */
  FATE_UNKNOWN,     /* a PC of no block of the old build */
  N_FATES,
};

/**
 * struct list_pc - a PC of a list, once
 * @block: of the old build, NO_MATCH: it has none
 * @to:    of the new build, if it is carried
 * @count: of all its lines
 * @counted: one of these had it
 */
struct list_pc {
  uint64_t pc, count;
  uint32_t block, to;
  uint8_t fate;
  bool counted;
};

/* A list: its PCs in the order of their first lines. */
struct list {
  const char *name;
  struct list_pc *pcs;
  size_t n, cap;
};

/**
 * struct carrier - carries lists
 * @last:   the last tier that is used
 * @number: by block of the old build: 1 + index of its PC in the list at hand
 * @seen:   likewise: it was in a list
 * @n_tiers, @n_fates: blocks that were, by what became of them; of
 *          FATE_UNKNOWN, PCs of each list
 */
struct carrier {
  struct pair *pair;
  const struct match *match;
  enum tier last;
  uint32_t *number;
  bool *seen;
  size_t n_tiers[N_TIERS], n_fates[N_FATES];
};

void carrier_make(struct carrier *c, struct pair *pair,
                  const struct match *match, enum tier last);
void carrier_free(struct carrier *c);

/*
 * carrier_add() - add the PCs of the file @path to @list, which may have some
 * Of a list, or dump, of another image nothing is taken.
 * @name: for messages
 * Return: exit code. EXIT_FAILED: nothing was added if the file could not be
 * read, else what is of the old build; @partly is true then. Message given.
 */
int carrier_add(struct carrier *c, struct list *list, const char *path,
                bool *partly);
void list_free(struct list *list);

/* carrier_see() - a block of the old build was reached: count it, once */
enum fate carrier_see(struct carrier *c, uint32_t block);

/*
 * remap_index() - a new index @target of the index @path, whose tests of the
 * old build have hits in the new one, too; counts their blocks
 * Return: true; false after a message.
 */
bool remap_index(struct carrier *c, const char *path, const char *target);

/* list_write() - as text, for `kcov8 symbolize' and others */
void list_write(const struct list *list, const struct carrier *c, FILE *f);
void list_json(const struct list *list, const struct carrier *c,
               struct jsonw *j);

/* What was carried and what was not: to stderr, or members of an object. */
void carrier_tell(const struct carrier *c);
void carrier_json(const struct carrier *c, struct jsonw *j);

#endif /* KCOV8_LISTS_H */
