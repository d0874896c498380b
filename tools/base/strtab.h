/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* strtab.h - a set of strings, each with a number: file paths and names */
#ifndef KCOV8_STRTAB_H
#define KCOV8_STRTAB_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct strtab - numbered strings; all zero is an empty one
 * @strings: by number, in the order of their first strtab_add()
 */
struct strtab {
  char **strings;
  size_t n, cap;
  uint32_t *slots; /* hash table: number + 1, 0 = free */
  size_t n_slots;  /* a power of two */
};

/*
 * strtab_add() - number of a string, which is added if it is new
 * Control characters become '_': they would break every line-based format.
 */
uint32_t strtab_add(struct strtab *t, const char *s, size_t len);

/* strtab_copy() - the set's own copy of a string, valid as long as the set */
const char *strtab_copy(struct strtab *t, const char *s, size_t len);
void strtab_free(struct strtab *t);

#endif /* KCOV8_STRTAB_H */
