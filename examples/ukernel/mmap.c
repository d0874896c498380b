/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mmap.c - system calls on the address space
 *
 * Private file mappings are read at once. MADV_DONTNEED of those keeps them.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define HEAP_BYTES (1ull << 30)

static struct uk_mm *this_mm(void) { return uk_current()->mm; }

/* Rounds up; false if @addr and @bytes are no range of user memory. */
static bool range_of(uint64_t addr, uint64_t *bytes) {
  uint64_t end;
  if (addr % UK_PAGE || *bytes > UK_TASK_SIZE)
    return false;
  *bytes = (*bytes + UK_PAGE - 1) & ~(uint64_t)(UK_PAGE - 1);
  return !__builtin_add_overflow(addr, *bytes, &end) && end <= UK_TASK_SIZE;
}

/* Where to map: -errno or the address. */
static int64_t place(struct uk_mm *mm, uint64_t addr, uint64_t bytes,
                     int flags) {
  if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
    if (addr % UK_PAGE)
      return -EINVAL;
    if (addr > UK_TASK_SIZE || bytes > UK_TASK_SIZE - addr)
      return -ENOMEM;
    if (addr < UK_MMAP_MIN)
      return -EPERM;
    if ((flags & MAP_FIXED_NOREPLACE) && !mm_is_free(mm, addr, bytes))
      return -EEXIST;
    return (int64_t)addr;
  }
  addr = (addr + UK_PAGE - 1) & ~(uint64_t)(UK_PAGE - 1);
  if (addr >= UK_MMAP_MIN && addr < UK_TASK_SIZE &&
      bytes <= UK_TASK_SIZE - addr && mm_is_free(mm, addr, bytes))
    return (int64_t)addr;
  addr = mm_find_free(mm, bytes);
  return addr ? (int64_t)addr : -ENOMEM;
}

/* ---- Mapping --------------------------------------------------------------
 */

static int64_t map_shared(uint64_t addr, uint64_t bytes, int prot, int flags,
                          struct uk_file *file, uint64_t offset) {
  struct uk_mm *mm = this_mm();
  struct uk_region region = {.prot = prot, .may = PROT_ALL, .shared = true};
  if (file) {
    if (!file->ops->mmap)
      return -ENODEV;
    if ((file->flags & O_ACCMODE) != O_RDWR)
      region.may &= ~PROT_WRITE;
    if ((prot & ~region.may) || (file->flags & O_ACCMODE) == O_WRONLY)
      return -EACCES;
    int err = file->ops->mmap(file, bytes, offset, &region.pages, &region.skip);
    if (err)
      return err;
    if (region.skip > region.pages->bytes ||
        bytes > region.pages->bytes - region.skip) {
      uk_pages_put(region.pages);
      return -ENXIO;
    }
    uk_file_get(file);
    region.file = file;
    region.offset = offset;
  } else {
    region.pages = mm_pages_new(bytes);
    if (!region.pages)
      return -ENOMEM;
  }
  sched_share_memory(mm);
  sched_enter(uk_current());
  int64_t at = place(mm, addr, bytes, flags);
  if (at < 0) {
    uk_pages_put(region.pages);
    if (file)
      uk_file_put(file);
    return at;
  }
  region.start = (uint64_t)at;
  region.end = region.start + bytes;
  int err = mm_insert(mm, &region);
  return err ? err : at;
}

/* Read into private pages that nobody else sees yet. */
static int read_pages(struct uk_file *file, struct uk_pages *pages,
                      uint64_t bytes, uint64_t offset) {
  int64_t pos = (int64_t)offset;
  size_t done = 0;
  while (done < bytes) {
    ssize_t n = file->ops->read(file, pages->base + done, bytes - done, &pos);
    if (n < 0)
      return (int)n;
    if (n == 0)
      break;
    done += (size_t)n;
  }
  return 0;
}

static int64_t map_file_private(uint64_t addr, uint64_t bytes, int prot,
                                int flags, struct uk_file *file,
                                uint64_t offset) {
  struct uk_mm *mm = this_mm();
  if (!file->ops->read || !file->ops->lseek || !file->ops->mmap)
    return -ENODEV;
  if ((file->flags & O_ACCMODE) == O_WRONLY)
    return -EACCES;
  struct uk_region region = {.prot = prot,
                             .may = PROT_ALL,
                             .pages = mm_pages_new(bytes),
                             .file = file,
                             .offset = offset};
  if (!region.pages)
    return -ENOMEM;
  uk_file_get(file);
  int err = read_pages(file, region.pages, bytes, offset);
  int64_t at = err;
  if (!err) {
    sched_enter(uk_current());
    at = place(mm, addr, bytes, flags);
  }
  if (at < 0) {
    uk_pages_put(region.pages);
    uk_file_put(file);
    return at;
  }
  region.start = (uint64_t)at;
  region.end = region.start + bytes;
  err = mm_insert(mm, &region);
  return err ? err : at;
}

static int64_t map_private(uint64_t addr, uint64_t bytes, int prot, int flags) {
  struct uk_mm *mm = this_mm();
  sched_enter(uk_current());
  int64_t at = place(mm, addr, bytes, flags);
  if (at < 0)
    return at;
  int err = mm_map_private(mm, (uint64_t)at, bytes, prot, NULL);
  return err ? err : at;
}

static int64_t sys_mmap(const uint64_t arg[6]) {
  uint64_t addr = arg[0], bytes = arg[1], offset = arg[5];
  int prot = (int)arg[2] & PROT_ALL, flags = (int)arg[3];
  int type = flags & MAP_TYPE;
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
    return -EINVAL;
  if (!bytes || offset % UK_PAGE)
    return -EINVAL;
  if (!range_of(0, &bytes) || bytes > UK_TASK_SIZE / 2)
    return -ENOMEM;
  struct uk_file *file = NULL;
  if (!(flags & MAP_ANONYMOUS)) {
    file = uk_fd_file((int)arg[4]);
    if (!file)
      return -EBADF;
    if (offset + bytes < offset || (int64_t)(offset + bytes) < 0)
      return -EOVERFLOW;
  }
  if (type != MAP_PRIVATE)
    return map_shared(addr, bytes, prot, flags, file, offset);
  if (file)
    return map_file_private(addr, bytes, prot, flags, file, offset);
  return map_private(addr, bytes, prot, flags);
}

static int64_t sys_munmap(const uint64_t arg[6]) {
  uint64_t bytes = arg[1];
  if (!range_of(arg[0], &bytes) || !bytes)
    return -EINVAL;
  return mm_unmap(this_mm(), arg[0], bytes);
}

static int64_t sys_mprotect(const uint64_t arg[6]) {
  uint64_t bytes = arg[1];
  if (arg[0] % UK_PAGE || (arg[2] & ~(uint64_t)PROT_ALL))
    return -EINVAL;
  if (!range_of(arg[0], &bytes))
    return -ENOMEM;
  return bytes ? mm_protect(this_mm(), arg[0], bytes, (int)arg[2]) : 0;
}

static int64_t sys_brk(const uint64_t arg[6]) {
  struct uk_mm *mm = this_mm();
  uint64_t mask = ~(uint64_t)(UK_PAGE - 1);
  if (arg[0] < mm->brk_start || arg[0] > mm->brk_start + HEAP_BYTES)
    return (int64_t)mm->brk;
  uint64_t old_end = (mm->brk + UK_PAGE - 1) & mask;
  uint64_t new_end = (arg[0] + UK_PAGE - 1) & mask;
  if (!mm->heap)
    mm->heap = mm_pages_new(HEAP_BYTES);
  if (!mm->heap)
    return (int64_t)mm->brk;
  sched_enter(uk_current());
  if (new_end < old_end && mm_unmap(mm, new_end, old_end - new_end))
    return (int64_t)mm->brk;
  if (new_end > old_end) {
    struct uk_region region = {.start = old_end,
                               .end = new_end,
                               .prot = PROT_READ | PROT_WRITE,
                               .may = PROT_ALL,
                               .pages = mm->heap,
                               .skip = old_end - mm->brk_start,
                               .name = "[heap]"};
    if (!mm_is_free(mm, old_end, new_end - old_end))
      return (int64_t)mm->brk;
    uk_pages_get(mm->heap);
    if (mm_insert(mm, &region))
      return (int64_t)mm->brk;
  }
  mm->brk = arg[0];
  return (int64_t)mm->brk;
}

/* ---- Remapping ------------------------------------------------------------
 */

/* Move or grow: @region is a copy of where @old_addr lies. */
static int64_t move(struct uk_mm *mm, struct uk_region region,
                    uint64_t old_addr, uint64_t old_bytes, uint64_t new_addr,
                    uint64_t new_bytes) {
  uint64_t into = old_addr - region.start;
  int err;
  if (region.shared) {
    if (new_bytes > region.pages->bytes - region.skip - into)
      return -EFAULT;
    region.skip += into;
    region.offset += into;
    region.start = new_addr;
    region.end = new_addr + new_bytes;
    uk_pages_get(region.pages);
    if (region.file)
      uk_file_get(region.file);
    err = mm_insert(mm, &region);
  } else {
    const uint8_t *from = region.pages->base + region.skip + into;
    err = mm_map_private(mm, new_addr, new_bytes, region.prot, NULL);
    if (!err) {
      struct uk_region *target = mm_find(mm, new_addr);
      uint64_t n = old_bytes < new_bytes ? old_bytes : new_bytes;
      mm_copy_memory(target->pages->base + target->skip +
                         (new_addr - target->start),
                     from, n);
    }
  }
  if (!err)
    err = mm_unmap(mm, old_addr, old_bytes);
  return err ? err : (int64_t)new_addr;
}

static int64_t sys_mremap(const uint64_t arg[6]) {
  struct uk_mm *mm = this_mm();
  uint64_t old_addr = arg[0], old_bytes = arg[1], new_bytes = arg[2];
  int flags = (int)arg[3];
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) || flags == MREMAP_FIXED ||
      !range_of(old_addr, &old_bytes) || !range_of(0, &new_bytes) ||
      !new_bytes || !old_bytes)
    return -EINVAL;
  sched_enter(uk_current());
  struct uk_region *region = mm_find(mm, old_addr);
  if (!region || region->end - old_addr < old_bytes)
    return -EFAULT;
  if (flags & MREMAP_FIXED) {
    uint64_t end = arg[4] + new_bytes;
    if (arg[4] % UK_PAGE || arg[4] < UK_MMAP_MIN || end > UK_TASK_SIZE ||
        end < arg[4] || (arg[4] < old_addr + old_bytes && end > old_addr))
      return -EINVAL;
    return move(mm, *region, old_addr, old_bytes, arg[4], new_bytes);
  }
  if (new_bytes <= old_bytes) {
    int err = new_bytes < old_bytes
                  ? mm_unmap(mm, old_addr + new_bytes, old_bytes - new_bytes)
                  : 0;
    return err ? err : (int64_t)old_addr;
  }
  uint64_t more = new_bytes - old_bytes, end = old_addr + old_bytes;
  if (region->pages == mm->zone && !region->file && region->end == end &&
      mm_is_free(mm, end, more) &&
      region->skip + (end + more - region->start) <= mm->zone->bytes) {
    int err = mm_map_private(mm, end, more, region->prot, region->name);
    return err ? err : (int64_t)old_addr;
  }
  if (!(flags & MREMAP_MAYMOVE))
    return -ENOMEM;
  uint64_t new_addr = mm_find_free(mm, new_bytes);
  if (!new_addr)
    return -ENOMEM;
  return move(mm, *region, old_addr, old_bytes, new_addr, new_bytes);
}

/* ---- Advice ---------------------------------------------------------------
 */

static int64_t sys_madvise(const uint64_t arg[6]) {
  struct uk_mm *mm = this_mm();
  uint64_t bytes = arg[1], addr = arg[0];
  int advice = (int)arg[2];
  bool known = (advice >= 0 && advice <= 4) || (advice >= 8 && advice <= 25);
  if (!known || !range_of(addr, &bytes))
    return -EINVAL;
  for (uint64_t end = addr + bytes; addr < end;) {
    struct uk_region *region = mm_find(mm, addr);
    if (!region)
      return -ENOMEM;
    uint64_t stop = region->end < end ? region->end : end;
    if (advice == MADV_DONTNEED && !region->shared && !region->file)
      madvise(region->pages->base + region->skip + (addr - region->start),
              stop - addr, MADV_DONTNEED);
    addr = stop;
  }
  return 0;
}

/* All mapped memory is there. */
static int64_t sys_mincore(const uint64_t arg[6]) {
  uint64_t bytes = arg[1];
  const uint8_t present = 1;
  if (arg[0] % UK_PAGE)
    return -EINVAL;
  if (!range_of(arg[0], &bytes))
    return -ENOMEM;
  for (uint64_t i = 0; i < bytes / UK_PAGE; i++) {
    if (!mm_find(this_mm(), arg[0] + i * UK_PAGE))
      return -ENOMEM;
    int err = copy_to_guest(arg[2] + i, &present, 1);
    if (err)
      return err;
  }
  return 0;
}

/* msync, mlock, munlock: shared memory is the file's own, all of it stays. */
static int64_t sys_mapped_only(const uint64_t arg[6]) {
  uint64_t bytes = arg[1] + arg[0] % UK_PAGE;
  uint64_t addr = arg[0] - arg[0] % UK_PAGE;
  if (!range_of(addr, &bytes))
    return -ENOMEM;
  for (uint64_t end = addr + bytes; addr < end;) {
    struct uk_region *region = mm_find(this_mm(), addr);
    if (!region)
      return -ENOMEM;
    addr = region->end;
  }
  return 0;
}

static int64_t sys_msync(const uint64_t arg[6]) {
  if (arg[0] % UK_PAGE || (arg[2] & ~7ull) || (arg[2] & 5) == 5)
    return -EINVAL;
  return sys_mapped_only(arg);
}

static int64_t sys_nothing(const uint64_t arg[6]) {
  (void)arg;
  return 0;
}

const struct uk_process_row uk_syscalls_mmap[] = {
    {9, {"mmap", sys_mmap}},
    {10, {"mprotect", sys_mprotect}},
    {11, {"munmap", sys_munmap}},
    {12, {"brk", sys_brk}},
    {25, {"mremap", sys_mremap}},
    {26, {"msync", sys_msync}},
    {27, {"mincore", sys_mincore}},
    {28, {"madvise", sys_madvise}},
    {149, {"mlock", sys_mapped_only}},
    {150, {"munlock", sys_mapped_only}},
    {151, {"mlockall", sys_nothing}},
    {152, {"munlockall", sys_nothing}},
    {325, {"mlock2", sys_mapped_only}},
    {0, {NULL, NULL}},
};
