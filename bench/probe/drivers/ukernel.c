// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * ukernel.c - times ukernel's system call layer from inside
 *
 * Linked with --wrap=syscall_dispatch. The guest spends most of its time in
 * the CPU emulator, which is not instrumented; only what passes between entry
 * and return of syscall_dispatch() is counted. The guest names the phase by a
 * system call that does not exist, PHASE_CALL. Prints `PHASE TIME` in ticks of
 * the time stamp counter at the end.
 */
#include "cpu.h"
#include "guest.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

void __real_syscall_dispatch(struct uk_task *task);
void __wrap_syscall_dispatch(struct uk_task *task);
__attribute__((weak)) void bench_thread_start(void);

// One guest thread, so one host thread counts. A call that takes this long
// was interrupted by another program.
enum { LONGEST = 200000 };
static uint64_t ticks[PHASES], calls[PHASES], interrupted[PHASES];
static unsigned phase;

/*
 * Linked with --wrap=uk_wakeup too: with one guest thread it wakes only
 * ukernel's own threads to go to sleep again, which costs more than the call
 * that is measured and depends on what else the host runs.
 */
void __real_uk_wakeup(void);
void __wrap_uk_wakeup(void);

void __wrap_uk_wakeup(void) {
  if (phase == IDLE)
    __real_uk_wakeup();
}

static void print(void) {
  for (unsigned i = 1; i < PHASES; i++)
    if (calls[i])
      fprintf(stderr, "%s %.0f\n", phase_names[i],
              (double)ticks[i] / (double)calls[i] *
                  (double)(calls[i] + interrupted[i]));
}

void __wrap_syscall_dispatch(struct uk_task *task) {
  static bool started;
  uint64_t nr, arg[6];
  if (!started) {
    started = true;
    atexit(print);
    if (bench_thread_start)
      bench_thread_start();
  }
  cpu_syscall(task->mm->cpu, &nr, arg);
  if (nr == PHASE_CALL)
    phase = arg[0] < PHASES ? (unsigned)arg[0] : 0;
  const uint64_t start = __rdtsc();
  __real_syscall_dispatch(task);
  const uint64_t took = __rdtsc() - start;
  if (took < LONGEST) {
    ticks[phase] += took;
    calls[phase]++;
  } else {
    interrupted[phase]++;
  }
}
