// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * trace-pc.c - a callback like Linux's kcov: mode and buffer of the thread,
 * word 0 counts. BENCH_TRACE=1 turns collection on.
 *
 * Where a real client resets the buffer between calls, this one starts again
 * at its beginning when it is full: otherwise most hits would find it full.
 */
#include <stdint.h>
#include <stdlib.h>

void __sanitizer_cov_trace_pc(void);
void bench_thread_start(void);

enum { WORDS = 1 << 16, MODE_TRACE_PC = 2 };

// As in Linux's task_struct.
static _Thread_local struct {
  unsigned mode, in_interrupt;
  unsigned size;
  uint64_t *area;
} current;

// The main thread's own: a program of the user's does not call it.
__attribute__((constructor)) void bench_thread_start(void) {
  if (current.area || !getenv("BENCH_TRACE"))
    return;
  current.area = calloc(WORDS, sizeof *current.area);
  current.size = WORDS;
  current.mode = current.area ? MODE_TRACE_PC : 0;
}

void __sanitizer_cov_trace_pc(void) {
  if (current.in_interrupt ||
      *(volatile unsigned *)&current.mode != MODE_TRACE_PC)
    return;
  volatile uint64_t *area = current.area;
  uint64_t at = area[0] + 1;
  if (at >= current.size)
    at = 1;
  area[0] = at;
  area[at] = (uintptr_t)__builtin_return_address(0);
}
