/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * entry.h - a running test among the new results of an index
 * (docs/index-format.md, "Results that wait")
 */
#ifndef KCOV8_ENTRY_H
#define KCOV8_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct entry - one test
 * @path:  INDEX.new/U; its dumps go to U.dump
 * @fd:    of INDEX.new/U.json, locked as long as the test runs
 * @began: microseconds since 1970
 * @uid:   random, of this run of the test
 */
struct entry {
  char *path;
  const char *name;
  int fd;
  int64_t began, uid;
};

/*
 * entry_begin() - the test begins; @name must stay
 * Return: true; false after a message.
 */
bool entry_begin(struct entry *e, const char *index, const char *name);

/*
 * entry_end() - it has ended; the next one to gather takes it
 * Return: true; false after a message.
 */
bool entry_end(struct entry *e, const char *outcome, double seconds);

/* entry_drop() - it never began */
void entry_drop(struct entry *e);

#endif /* KCOV8_ENTRY_H */
