/* SPDX-License-Identifier: (Apache-2.0 WITH LLVM-exception) OR GPL-2.0-only */
/*
 * cmp.c - KCOV_TRACE_CMP: what instrumented comparisons call
 *
 * Comparisons are recorded as they happen, by the task itself, into the buffer
 * of the one file that it has enabled: nothing here takes the lock, so that a
 * comparison may stand anywhere, in a port hook that is called with the lock
 * held too. The file cannot go meanwhile: the task has a reference, and gives
 * it back in a call of its own (kcov8.h: one at a time). What runs inside such
 * a call is not recorded.
 *
 * Four ways to cost nothing or little: code tests __kcov8_cmp_on and goes on;
 * no current task; a task that traces nothing; a full buffer.
 */
#include "device/device.h"

uint32_t __kcov8_cmp_on;

static bool said;

static void say(const char *why) {
  if (!said)
    kcov8_port_log(KCOV8_LOG_WARNING, why);
  said = true;
}

bool kcov8i_cmp_supported(void) {
  if (!kcov8_port_current_task)
    say("KCOV_TRACE_CMP refused: the port has no kcov8_port_current_task()");
  else if (!kcov8i.has_cmp && !&kcov8i_sancov_linked)
    say("KCOV_TRACE_CMP refused: no code was compiled with trace-cmp");
  else
    return true;
  return false;
}

void kcov8i_cmp_start(struct kcov8_task *task, struct kcov8i_buffer *buffer) {
  __atomic_store_n(&__kcov8_cmp_on, __kcov8_cmp_on + 1, __ATOMIC_RELAXED);
  __atomic_store_n(&task->compares, buffer, __ATOMIC_RELEASE);
}

void kcov8i_cmp_stop(struct kcov8_task *task) {
  __atomic_store_n(&task->compares, NULL, __ATOMIC_RELEASE);
  __atomic_store_n(&__kcov8_cmp_on, __kcov8_cmp_on - 1, __ATOMIC_RELAXED);
}

struct kcov8i_buffer *kcov8i_cmp_buffer(void) {
  const struct kcov8_task *const task = kcov8_port_current_task();
  if (!task || task->busy)
    return NULL;
  return __atomic_load_n(&task->compares, __ATOMIC_ACQUIRE);
}

/* 0: the image has no PCs yet (loaded since the last system call). */
static uint64_t block_pc(const uint8_t *counter) {
  for (const struct kcov8i_image *i =
           __atomic_load_n(&kcov8i.images, __ATOMIC_ACQUIRE);
       i; i = __atomic_load_n(&i->next, __ATOMIC_ACQUIRE)) {
    const uintptr_t first =
        (uintptr_t)__atomic_load_n(&i->counters, __ATOMIC_ACQUIRE);
    const uintptr_t at = (uintptr_t)counter - first;
    if (first && at < i->n_counters && i->slots &&
        i->slots[at] != KCOV8I_NO_SLOT)
      return kcov8i_pc(i, at);
  }
  return 0;
}

/* Everything but a record goes without: no PC is invented. */
static void record(struct kcov8i_buffer *buffer, const uint8_t *counter,
                   uint32_t type, uint64_t arg1, uint64_t arg2) {
  const uint64_t pc = block_pc(counter);
  if (pc)
    kcov8i_buffer_record(buffer, type, arg1, arg2, pc);
  else
    kcov8i_buffer_drop(buffer);
}

void __kcov8_trace_cmp(const uint8_t *counter, uint32_t type, uint64_t arg1,
                       uint64_t arg2) {
  struct kcov8i_buffer *const buffer = kcov8i_cmp_buffer();
  if (buffer)
    record(buffer, counter, type, arg1, arg2);
}

void __kcov8_trace_switch(const uint8_t *counter, uint64_t value,
                          const uint64_t *cases) {
  struct kcov8i_buffer *const buffer = kcov8i_cmp_buffer();
  if (!buffer)
    return;
  const uint32_t type =
      KCOV8_CMP_CONST | KCOV8_CMP_SIZE((uint32_t)__builtin_ctzll(cases[1] / 8));
  for (uint64_t i = 0; i < cases[0]; i++)
    record(buffer, counter, type, cases[2 + i], value);
}
