/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * progress.h - how far a long piece of work is, for who watches
 *
 * A line on stderr, if that is a terminal and the work takes more than two
 * seconds. It goes away when the work is done.
 */
#ifndef KCOV8_PROGRESS_H
#define KCOV8_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct progress - one piece of work
 * @what:  "writing", ...
 * @total: steps it has
 * @began, @told: times in ns; @told is 0 while nothing is on the terminal
 */
struct progress {
  const char *what;
  uint64_t total, began, told;
  bool watched;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);

/* @done steps are done. Cheap: it may be called for each. */
void progress_at(struct progress *p, uint64_t done);
void progress_end(struct progress *p);

#endif /* KCOV8_PROGRESS_H */
