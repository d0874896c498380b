// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * trace-pc.c - a kcov in software: a callback, a buffer of PCs for the thread
 * that traces
 *
 * As Linux's: word 0 counts, and what finds the buffer full is lost. That ends
 * the program here, as a comparison would be of buffer sizes then.
 */
#include "pcs.h"

void __sanitizer_cov_trace_pc(void);

enum { WORDS = 1 << 24 };

// As in Linux's task_struct.
static _Thread_local struct {
  unsigned mode, in_interrupt;
  uint64_t size;
  uint64_t *area;
} current;

void __sanitizer_cov_trace_pc(void) {
  if (current.in_interrupt || *(volatile unsigned *)&current.mode == 0)
    return;
  volatile uint64_t *area = current.area;
  const uint64_t at = area[0] + 1;
  if (at >= current.size) {
    area[0] = current.size;
    return;
  }
  area[0] = at;
  area[at] = (uintptr_t)__builtin_return_address(0);
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){pc_bytes, PCS};
}

void scheme_reset(void) {
  if (!current.area && !(current.area = calloc(WORDS, sizeof *current.area)))
    scheme_die("no memory for the buffer");
  current.size = WORDS;
  pc_reset();
  current.area[0] = 0;
  current.mode = 1;
}

void scheme_collect(void) {
  current.mode = 0;
  if (current.area[0] == current.size)
    scheme_die("an execution has more hits than the buffer has words");
  for (uint64_t i = 1; i <= current.area[0]; i++)
    pc_hit(current.area[i]);
}

// Less the place at which the program was loaded, which differs from run to
// run.
extern const char __executable_start[];

uint64_t scheme_unit(size_t number) {
  return number < pc_count ? pc_of[number] - (uintptr_t)__executable_start
                           : number;
}
