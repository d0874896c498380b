// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * kcov8-device.c - PCs as a guest gets them from kcov8's device: complete also
 * where blocks have no counters (prune), and of the thread alone that traces
 * (attribution=task)
 */
#include "pcs.h"

#include <kcov8/kcov8.h>
#include <kcov8/uapi.h>

enum { WORDS = PCS + 1 }; // a set of blocks cannot be larger

static struct kcov8_task task;
static uint64_t *area;

static void start(void) {
  const struct kcov8_host host = {.size = sizeof host};
  struct kcov8_device *device;
  struct kcov8_file *file;
  struct kcov8_area pages;
  if (kcov8_device_create(&host, &device) || kcov8_open(device, &file))
    scheme_die("kcov8's device cannot be opened");
  kcov8_task_init(&task);
  kcov8_task_set_current(&task);
  if (kcov8_ioctl(file, &task, KCOV8_INIT_TRACE64, WORDS) ||
      kcov8_mmap(file, WORDS * 8ul, 0, &pages) ||
      kcov8_ioctl(file, &task, KCOV8_ENABLE, KCOV8_TRACE_PC))
    scheme_die("kcov8's device cannot be enabled");
  area = pages.base;
}

struct scheme_map scheme_map(void) {
  return (struct scheme_map){pc_bytes, PCS};
}

void scheme_reset(void) {
  if (!area)
    start();
  kcov8_task_discard(&task); // what ran between two executions
  pc_reset();
  area[0] = 0;
}

void scheme_collect(void) {
  kcov8_syscall_return(&task);
  for (uint64_t i = 1; i <= area[0]; i++)
    pc_hit(area[i]);
}

uint64_t scheme_unit(size_t number) {
  return number < pc_count ? pc_of[number] : number;
}
