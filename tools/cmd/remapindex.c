// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* remapindex.c - an index with what was reached carried to a new build */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tool.h"
#include "cmd/lists.h"
#include "index/gather.h"
#include "index/merge.h"
#include "index/remap.h"

/* An index that did not come about: SQLite's files of it. */
static void remove_index(const char *path) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
    char *file = xasprintf("%s%s", path, ends[i]);
    unlink(file);
    free(file);
  }
}

static void count_blocks(struct carrier *c, const struct index_remap *done) {
  for (uint32_t b = 0; b < c->pair->from.n_blocks; b++)
    if (done->reached[b])
      carrier_see(c, b);
}

static bool make(struct carrier *c, struct index *to, struct index *from,
                 struct index_remap *done) {
  bool ok = index_begin(to) && index_merge(to, from, NULL, NULL) &&
            index_remap(to, c->match, c->last, done) && index_commit(to);
  if (!ok)
    index_rollback(to);
  return ok;
}

bool remap_index(struct carrier *c, const char *path, const char *target) {
  struct index from = {0}, to = {0};
  struct gathered gathered = {.complete = true};
  struct index_remap done = {0};
  struct stat st;
  if (stat(target, &st) == 0)
    return fail(target, "is there already: the index is a new one");
  bool ok = index_open_gathered(&from, path, &gathered) &&
            index_open(&to, target, INDEX_WRITE) && make(c, &to, &from, &done);
  index_close(&to);
  index_close(&from);
  if (ok) {
    count_blocks(c, &done);
    warn(target, "%zu test%s of %s carried", (size_t)done.n_tests,
         done.n_tests == 1 ? "" : "s", c->pair->from.path);
  } else {
    remove_index(target);
  }
  index_remap_free(&done);
  return ok && gathered.complete;
}
