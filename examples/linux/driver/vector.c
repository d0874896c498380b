/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vector.c - x86-64: vector registers, lent to the core's sweep
 *
 * Tasks are not switched while they are lent. The core takes at most 128 KiB of
 * counters at a time, some 10 us of reading from memory.
 *
 * The task's own registers are saved for the first such piece of a flush, and
 * loaded again when the flush is over: the kernel would do that on the way to
 * user space, too, but in code with probes. All that is called here is such
 * code, and no part of the task's call, so it counts for nobody.
 *
 * What flushes may sleep, so it is not inside of another's use of the
 * registers; the kernel is asked all the same. Which instructions there are is
 * the same on all CPUs: what the kernel has enabled (XCR0), it has on each.
 */
#include <asm/fpu/api.h>

#include <kcov8/port.h>

#include "linux.h"

/* Returns what is to be given to go_on(). */
static intptr_t count_for_nobody(void) {
  const intptr_t base = kcov8_thread_base(current);

  if (base)
    kcov8_port_set_base(0);
  return base;
}

static void go_on(intptr_t base) {
  if (base)
    kcov8_port_set_base(base);
}

static void take(void) {
  struct kcov8_thread *const thread = kcov8_thread(current);
  const bool loaded = !test_thread_flag(TIF_NEED_FPU_LOAD);

  kernel_fpu_begin();
  if (thread && loaded)
    thread->saved = test_thread_flag(TIF_NEED_FPU_LOAD);
}

int kcov8_port_vector_begin(void) {
  const intptr_t base = count_for_nobody();
  const bool usable = irq_fpu_usable();

  if (usable)
    take();
  go_on(base);
  return usable ? 0 : -EBUSY;
}

void kcov8_port_vector_end(void) {
  const intptr_t base = count_for_nobody();

  kernel_fpu_end();
  go_on(base);
}

void kcov8_vector_return(struct kcov8_thread *thread) {
  intptr_t base;

  if (!thread->saved)
    return;
  thread->saved = false;
  base = count_for_nobody();
  fpregs_lock();
  if (test_thread_flag(TIF_NEED_FPU_LOAD))
    switch_fpu_return();
  fpregs_unlock();
  go_on(base);
}
