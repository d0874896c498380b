// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* progress.c - "kcov8: writing: 37 %, 12 s left" */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

/* Shorter work needs none, and no eye reads faster than this. */
#define SILENT (2 * SECOND)
#define PAUSE (SECOND / 5)

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

void progress_begin(struct progress *p, const char *what, uint64_t total) {
  *p = (struct progress){
      .what = what,
      .total = total,
      .began = now(),
      .watched = isatty(STDERR_FILENO),
  };
}

void progress_at(struct progress *p, uint64_t done) {
  if (!p->watched || !done || done > p->total)
    return;
  const uint64_t t = now(), spent = t - p->began;
  if (spent < SILENT || (p->told && t - p->told < PAUSE))
    return;
  p->told = t;
  fprintf(stderr, "\r\033[Kkcov8: %s: %" PRIu64 " %%, %.0f s left", p->what,
          done * 100 / p->total,
          (double)spent / (double)SECOND * (double)(p->total - done) /
              (double)done);
  fflush(stderr);
}

void progress_end(struct progress *p) {
  if (p->told)
    fputs("\r\033[K", stderr);
  p->told = 0;
}
