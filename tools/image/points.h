/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * points.h - where a stock compiler's probes are: entries of a pc-table, or
 * calls
 */
#ifndef KCOV8_POINTS_H
#define KCOV8_POINTS_H

#include <kcov8/abi.h>

#include "image/image.h"

/**
 * struct point - one probe
 * @pc:      what a client gets
 * @at:      address that the line is of: @pc or, of a call, where it begins
 * @counter: offset of its counter
 * @entry:   the table says that it is the first block of a function
 * @erased:  the code generator merged it into others: its address is the end of
 *           the function, @at is in front of that
 */
struct point {
  uint64_t pc, at, counter;
  bool entry, erased;
};

/*
 * @digest: of the image, @counter_bytes: of all counters, as for the runtime
 * @probe:  what one hit does
 */
struct points {
  struct point *all;
  size_t n, cap;
  uint64_t digest, counter_bytes;
  enum kcov8_probe probe;
};

void points_push(struct points *p, struct point point);

/* Has it a section __sancov_pcs? */
bool pctable_is_there(const struct image *img);

/*
 * pctable_read() - entries of section __sancov_pcs, if it goes with counters
 * @found: out: there is such a table
 * Return: true; false after a message.
 */
bool pctable_read(const struct image *img, struct points *p, bool *found);

/*
 * calls_read() - calls of the callbacks that get no table
 * Likewise.
 */
bool calls_read(const struct image *img, struct points *p, bool *found);

#endif /* KCOV8_POINTS_H */
