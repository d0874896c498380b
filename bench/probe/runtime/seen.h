// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * seen.h - for runtimes: what a scheme has seen, for its key `read`
 */
#ifndef SEEN_H
#define SEEN_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The numbers of the bytes that are not 0, to the file that BENCH_SEEN names.
 */
static inline void bench_seen(const uint8_t *start, const uint8_t *stop) {
  const char *name = getenv("BENCH_SEEN");
  FILE *out = name ? fopen(name, "w") : NULL;
  if (!out)
    return;
  for (const uint8_t *at = start; at < stop; at++)
    if (*at)
      fprintf(out, "%td\n", at - start);
  fclose(out);
}

#endif
