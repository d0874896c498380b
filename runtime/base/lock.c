/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * lock.c - the port's lock, around one call for a task
 */
#include "base/base.h"

void kcov8i_task_enter(struct kcov8_task *task) {
  task->busy = 1;
  kcov8_port_lock();
}

void kcov8i_task_leave(struct kcov8_task *task) {
  kcov8_port_unlock();
  task->busy = 0;
}
