/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * select.c - KCOV8_SELECT=PCFILE: collect only the blocks whose PCs are in it
 *
 * PCFILE is as the tool reads and `kcov8 list` can make it: a hexadecimal PC
 * per line, with or without 0x; what follows a blank, and lines that begin with
 * #, are comments. An unusable file is named, with the line, and all blocks are
 * collected: nothing is lost. Ignored in set-user-ID programs.
 */
#define _GNU_SOURCE
#include "hosted.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kcov8/kcov8.h>

struct list {
  uint64_t *pcs;
  size_t n, room;
};

static int compare(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void sort(struct list *l) {
  size_t n = 0;
  if (!l->n)
    return;
  qsort(l->pcs, l->n, sizeof(*l->pcs), compare);
  for (size_t i = 0; i < l->n; i++)
    if (!n || l->pcs[i] != l->pcs[n - 1])
      l->pcs[n++] = l->pcs[i];
  l->n = n;
}

static const char *add(struct list *l, const char *line) {
  char *end;
  line += strspn(line, " \t");
  if (!*line || strchr("#\r\n", *line))
    return NULL;
  errno = 0;
  const uint64_t pc = strtoull(line, &end, 16);
  if (end == line || errno || !strchr(" \t\r\n", *end) || *line == '-')
    return "not a PC";
  if (l->n == l->room) {
    const size_t room = l->room ? 2 * l->room : 1024;
    uint64_t *const pcs = reallocarray(l->pcs, room, sizeof(*pcs));
    if (!pcs)
      return strerror(ENOMEM);
    l->pcs = pcs;
    l->room = room;
  }
  l->pcs[l->n++] = pc;
  return NULL;
}

/* Returns what is wrong; @number: with which line, 0: with all. */
static const char *read_file(FILE *f, struct list *l, size_t *number) {
  char *line = NULL;
  size_t size = 0;
  const char *wrong = NULL;
  while (!wrong && getline(&line, &size, f) > 0) {
    ++*number;
    wrong = add(l, line);
  }
  free(line);
  if (wrong)
    return wrong;
  *number = 0;
  if (ferror(f))
    return strerror(EIO);
  return l->n ? NULL : "no PC in it";
}

void kcov8i_select_set_up(void) {
  const char *const name = secure_getenv("KCOV8_SELECT");
  struct list l = {0};
  size_t number = 0;
  if (!name || !*name)
    return;
  FILE *const f = fopen(name, "re");
  const char *wrong = f ? read_file(f, &l, &number) : strerror(errno);
  if (f)
    fclose(f);
  if (!wrong) {
    sort(&l);
    const int err = kcov8_select(l.pcs, l.n);
    wrong = err ? strerror(-err) : NULL;
  }
  free(l.pcs);
  if (!wrong)
    return;
  char place[32] = "";
  if (number)
    snprintf(place, sizeof(place), ":%zu", number);
  dprintf(STDERR_FILENO,
          "kcov8: KCOV8_SELECT=%s%s: %s; all blocks are collected\n", name,
          place, wrong);
}
