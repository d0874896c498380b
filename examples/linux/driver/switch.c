/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch.c - at a context switch: the counters of the task that goes on
 *
 * --wrap leads the scheduler's call through here (Makefile.flags). Nobody's in
 * between: the kernel's own kcov does not look then.
 */
#include "linux.h"

struct task_struct *__real___switch_to(struct task_struct *from,
                                       struct task_struct *to);
struct task_struct *__wrap___switch_to(struct task_struct *from,
                                       struct task_struct *to);

struct task_struct *__wrap___switch_to(struct task_struct *from,
                                       struct task_struct *to) {
  struct task_struct *last;

  kcov8_use_base(0);
  last = __real___switch_to(from, to);
  /* current is the one that left here before. */
  kcov8_use_base(kcov8_thread_base(current));
  return last;
}
