/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * current.c - the task that a thread works for, per thread
 */
#include <stddef.h>

#pragma GCC visibility push(default)
#include <kcov8/kcov8.h>
#include <kcov8/port.h>
#pragma GCC visibility pop

static _Thread_local struct kcov8_task *current_task;

struct kcov8_task *kcov8_port_current_task(void) {
  return current_task;
}

void kcov8_task_set_current(struct kcov8_task *task) {
  current_task = task;
  kcov8_task_run(task);
}
