/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * spool.h - one result that waits in INDEX.new
 *
 * Entry U is the file U.json, the dumps in U.dump or in directory U, and U.tmp
 * for a moment.
 */
#ifndef KCOV8_SPOOL_H
#define KCOV8_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/index.h"
#include "index/results.h"

enum entry_state {
  ENTRY_ENDED,   /* or its owner died: outcome KILLED */
  ENTRY_RUNNING, /* its owner has it locked */
  ENTRY_GONE,    /* somebody else has taken it */
  ENTRY_BAD,     /* no entry; message given, and it has been put aside */
  ENTRY_FAILED,  /* cannot be read, message given */
};

/**
 * struct spool_entry - what U.json says
 * @path:    INDEX.new/U
 * @seconds: below 0 if unknown
 */
struct spool_entry {
  char *path, *name, *outcome;
  double seconds;
  int64_t began, uid;
};

/*
 * entry_open() - look at entry @u of directory @dir
 * @ix: any open index, whose SQLite reads the JSON
 * entry_close() is due in each case.
 */
enum entry_state entry_open(struct index *ix, struct spool_entry *e,
                            const char *dir, const char *u);
void entry_close(struct spool_entry *e);

/* entry_results() - its dumps. False if one is left out, message given. */
bool entry_results(const struct spool_entry *e, struct results *results);

/* entry_remove() - all that the entry INDEX.new/U has, U.json last */
void entry_remove(const char *path);
void entry_remove_dumps(const char *path);

/* Names in a directory that end with @end, which is cut off, in order. */
struct names {
  char **names;
  size_t n, cap;
};

void names_list(struct names *names, const char *dir, const char *end);
void names_free(struct names *names);

#endif /* KCOV8_SPOOL_H */
