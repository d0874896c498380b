// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* strtab.c - open addressing over the project's own byte hash */
#include "base/strtab.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

static size_t hash(const char *s, size_t len) {
  return (size_t)kcov8_mix64(kcov8_hash_bytes(KCOV8_HASH_SEED, s, len));
}

static void grow(struct strtab *t) {
  free(t->slots);
  t->n_slots = t->n_slots ? t->n_slots * 2 : 64;
  t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
  for (size_t i = 0; i < t->n; i++) {
    size_t at = hash(t->strings[i], strlen(t->strings[i]));
    while (t->slots[at & (t->n_slots - 1)])
      at++;
    t->slots[at & (t->n_slots - 1)] = (uint32_t)i + 1;
  }
}

static void clean(char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
      s[i] = '_';
}

uint32_t strtab_add(struct strtab *t, const char *s, size_t len) {
  if (t->n * 2 >= t->n_slots)
    grow(t);
  char *copy = xstrndup(s, len);
  clean(copy, len);
  for (size_t at = hash(copy, len);; at++) {
    uint32_t *slot = &t->slots[at & (t->n_slots - 1)];
    if (*slot && strcmp(t->strings[*slot - 1], copy) != 0)
      continue;
    if (*slot) {
      free(copy);
      return *slot - 1;
    }
    t->strings = vec_push(t->strings, &t->n, &t->cap, sizeof(*t->strings));
    t->strings[t->n - 1] = copy;
    *slot = (uint32_t)t->n;
    return *slot - 1;
  }
}

const char *strtab_copy(struct strtab *t, const char *s, size_t len) {
  uint32_t number = strtab_add(t, s, len);
  return t->strings[number];
}

void strtab_free(struct strtab *t) {
  for (size_t i = 0; i < t->n; i++)
    free(t->strings[i]);
  free(t->strings);
  free(t->slots);
}
