/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * advice.c - madvise, mincore, msync, mlock
 *
 * Memory is always there, but fixed pages that MADV_DONTNEED dropped.
 * MADV_DONTNEED of what was read from a file keeps it, and MADV_WIPEONFORK is
 * not done.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <sys/mman.h>

static struct uk_mm *this_mm(void) { return uk_current()->mm; }

static uint8_t *host_of(const struct uk_region *region, uint64_t addr) {
  return region->pages->base + region->skip + (addr - region->start);
}

/* ---- madvise ------------------------------------------------------------- */

static int drop(struct uk_mm *mm, const struct uk_region *region, uint64_t addr,
                uint64_t bytes) {
  if (region->pages->fixed)
    return mm_mark(mm, addr, bytes, UK_MARK_GONE);
  if (!region->shared && !region->file && !region->pages->constant)
    madvise(host_of(region, addr), bytes, MADV_DONTNEED);
  return 0;
}

/* Punching a hole into a file: no file here can do that. */
static int remove_content(const struct uk_region *region) {
  if (!region->file)
    return region->shared ? 0 : -EINVAL;
  if (!region->shared || !(region->prot & PROT_WRITE))
    return -EACCES;
  return -EOPNOTSUPP;
}

static int populate(const struct uk_region *region, uint64_t addr,
                    uint64_t bytes, int prot) {
  if ((region->prot & prot) != prot)
    return -EINVAL;
  if (region->gone)
    return -EFAULT;
  if (prot != PROT_WRITE || region->shared)
    return 0;
  /* The host must make its private copies now, as the guest's stores would. */
  volatile uint8_t *host = host_of(region, addr);
  for (uint64_t at = 0; at < bytes; at += UK_PAGE)
    host[at] = host[at];
  return 0;
}

static int advise(struct uk_mm *mm, const struct uk_region *region,
                  uint64_t addr, uint64_t bytes, int advice) {
  switch (advice) {
  case MADV_DONTNEED:
    return drop(mm, region, addr, bytes);
  case MADV_FREE:
  case MADV_WIPEONFORK:
    return region->file || region->shared ? -EINVAL : 0;
  case MADV_REMOVE:
    return remove_content(region);
  case MADV_DONTFORK:
    return mm_mark(mm, addr, bytes, UK_MARK_NOFORK);
  case MADV_DOFORK:
    return mm_mark(mm, addr, bytes, UK_MARK_FORK);
  case MADV_POPULATE_READ:
    return populate(region, addr, bytes, PROT_READ);
  case MADV_POPULATE_WRITE:
    return populate(region, addr, bytes, PROT_WRITE);
  }
  return 0;
}

static int64_t sys_madvise(const uint64_t arg[6]) {
  struct uk_mm *mm = this_mm();
  uint64_t bytes = arg[1], addr = arg[0];
  int advice = (int)arg[2], hole = 0;
  bool known = (advice >= 0 && advice <= 4) || (advice >= 8 && advice <= 25);
  if (!known || !mm_range(addr, &bytes))
    return -EINVAL;
  sched_enter(uk_current());
  for (uint64_t end = addr + bytes; addr < end;) {
    struct uk_region *region = mm_find(mm, addr);
    if (!region) {
      hole = -ENOMEM;
      break;
    }
    uint64_t stop = region->end < end ? region->end : end;
    int err = advise(mm, region, addr, stop - addr, advice);
    if (err)
      return err;
    addr = stop;
  }
  return hole;
}

/* ---- The others ---------------------------------------------------------- */

static int64_t sys_mincore(const uint64_t arg[6]) {
  uint64_t bytes = arg[1];
  if (arg[0] % UK_PAGE)
    return -EINVAL;
  if (!mm_range(arg[0], &bytes))
    return -ENOMEM;
  for (uint64_t i = 0; i < bytes / UK_PAGE; i++) {
    const struct uk_region *region = mm_find(this_mm(), arg[0] + i * UK_PAGE);
    if (!region)
      return -ENOMEM;
    const uint8_t present = !region->gone;
    int err = copy_to_guest(arg[2] + i, &present, 1);
    if (err)
      return err;
  }
  return 0;
}

/* mlock, munlock; and msync, as shared memory is the file's own. */
static int64_t mapped_only(const uint64_t arg[6], bool sync) {
  uint64_t bytes = arg[1] + arg[0] % UK_PAGE;
  uint64_t addr = arg[0] - arg[0] % UK_PAGE;
  if (!mm_range(addr, &bytes))
    return -ENOMEM;
  for (uint64_t end = addr + bytes; addr < end;) {
    const struct uk_region *region = mm_find(this_mm(), addr);
    if (!region)
      return -ENOMEM;
    if (sync && region->shared && region->file && !uk_file_syncs(region->file))
      return -EINVAL;
    addr = region->end;
  }
  return 0;
}

static int64_t sys_mlock(const uint64_t arg[6]) {
  return mapped_only(arg, false);
}

static int64_t sys_msync(const uint64_t arg[6]) {
  if (arg[0] % UK_PAGE || (arg[2] & ~7ull) ||
      (arg[2] & (MS_SYNC | MS_ASYNC)) == (MS_SYNC | MS_ASYNC))
    return -EINVAL;
  return mapped_only(arg, arg[2] & MS_SYNC);
}

static int64_t sys_nothing(const uint64_t arg[6]) {
  (void)arg;
  return 0;
}

const struct uk_process_row uk_syscalls_advice[] = {
    {26, {"msync", sys_msync}},
    {27, {"mincore", sys_mincore}},
    {28, {"madvise", sys_madvise}},
    {149, {"mlock", sys_mlock}},
    {150, {"munlock", sys_mlock}},
    {151, {"mlockall", sys_nothing}},
    {152, {"munlockall", sys_nothing}},
    {325, {"mlock2", sys_mlock}},
    {0, {NULL, NULL}},
};
