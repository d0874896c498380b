/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * gather.h - results that wait beside an index, in the directory INDEX.new
 *
 * docs/index-format.md says what is in it. Whoever dies at whatever moment,
 * here or there: what had been finished is in the index in the end, once.
 */
#ifndef KCOV8_GATHER_H
#define KCOV8_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "index/index.h"

/**
 * struct gathered - what index_gather() did
 * @n_tests: results taken
 * @n_running: tests that have not ended
 * @complete: nothing was damaged or missing; else messages have been given
 */
struct gathered {
  size_t n_tests, n_running;
  bool complete;
};

/*
 * index_gather() - take all results of tests that have ended
 * Not inside a transaction. If another process gathers, it waits for that one.
 * @wait: false: it does not wait, and leaves the rest to that one
 * Return: true; false if the index could not be written, after a message.
 */
bool index_gather(struct index *ix, bool wait, struct gathered *out);

/*
 * index_open_gathered() - open an index for questions, after gathering
 * If nothing waits, nothing is written.
 * @out: not complete either if something waits that cannot be had
 * Return: as index_open().
 */
bool index_open_gathered(struct index *ix, const char *path,
                         struct gathered *out);

#endif /* KCOV8_GATHER_H */
