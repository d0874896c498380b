/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mmap.c - mmap, munmap, mprotect, brk, mremap; for the rest see advice.c
 *
 * Private file mappings are read at once, but those of drivers that know
 * better (mmap_private).
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define HEAP_BYTES (1ull << 30)
/* Those that MAP_SHARED_VALIDATE asks a file for; none has them. */
#define NEW_FLAGS (MAP_SYNC | MAP_FIXED_NOREPLACE)

static struct uk_mm *this_mm(void) { return uk_current()->mm; }

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

/* ---- Mapping ---------------------------------------------------------- */

static int64_t map_shared(uint64_t addr, uint64_t bytes, int prot, int flags,
                          struct uk_file *file, uint64_t offset) {
  struct uk_mm *mm = this_mm();
  struct uk_region region = {.prot = prot, .may = PROT_ALL, .shared = true};
  if (file) {
    if (!uk_file_writes(file))
      region.may &= ~PROT_WRITE;
    if ((prot & ~region.may) || !uk_file_reads(file))
      return -EACCES;
    if (uk_file_noexec(file))
      region.may &= ~PROT_EXEC;
    if (prot & ~region.may)
      return -EPERM;
    if (!file->ops->mmap)
      return -ENODEV;
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
    region.pages = uk_pages_new(bytes);
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

static int private_pages(struct uk_file *file, uint64_t bytes, uint64_t offset,
                         struct uk_pages **pages) {
  if (!uk_file_reads(file))
    return -EACCES;
  if (file->ops->mmap_private)
    return file->ops->mmap_private(file, bytes, offset, pages);
  if (!file->ops->read || !file->ops->lseek || !file->ops->mmap)
    return -ENODEV;
  *pages = uk_pages_new(bytes);
  if (!*pages)
    return -ENOMEM;
  int err = read_pages(file, *pages, bytes, offset);
  if (err)
    uk_pages_put(*pages);
  return err;
}

static int64_t map_file_private(uint64_t addr, uint64_t bytes, int prot,
                                int flags, struct uk_file *file,
                                uint64_t offset) {
  struct uk_mm *mm = this_mm();
  struct uk_region region = {
      .prot = prot, .may = PROT_ALL, .file = file, .offset = offset};
  if (uk_file_noexec(file))
    region.may &= ~PROT_EXEC;
  if (uk_file_reads(file) && (prot & ~region.may))
    return -EPERM;
  uk_file_get(file);
  int err = private_pages(file, bytes, offset, &region.pages);
  if (err) {
    uk_file_put(file);
    return err;
  }
  sched_enter(uk_current());
  int64_t at = place(mm, addr, bytes, flags);
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
  struct uk_file *file = NULL;
  if (offset % UK_PAGE)
    return -EINVAL;
  if (!(flags & MAP_ANONYMOUS)) {
    file = uk_fd_file((int)arg[4]);
    if (!file || (file->flags & UK_O_PATH))
      return -EBADF;
  }
  if (!bytes)
    return -EINVAL;
  if (!mm_range(0, &bytes) || bytes > UK_TASK_SIZE / 2)
    return -ENOMEM;
  if (file && (offset + bytes < offset || (int64_t)(offset + bytes) < 0))
    return -EOVERFLOW;
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
    return -EINVAL;
  if (file && type == MAP_SHARED_VALIDATE && (flags & NEW_FLAGS))
    return -EOPNOTSUPP;
  if (type != MAP_PRIVATE)
    return map_shared(addr, bytes, prot, flags, file, offset);
  if (file)
    return map_file_private(addr, bytes, prot, flags, file, offset);
  return map_private(addr, bytes, prot, flags);
}

static int64_t sys_munmap(const uint64_t arg[6]) {
  uint64_t bytes = arg[1];
  if (!mm_range(arg[0], &bytes) || !bytes)
    return -EINVAL;
  return mm_unmap(this_mm(), arg[0], bytes);
}

static int64_t sys_mprotect(const uint64_t arg[6]) {
  uint64_t bytes = arg[1];
  if (arg[0] % UK_PAGE || (arg[2] & ~(uint64_t)PROT_ALL))
    return -EINVAL;
  if (!mm_range(arg[0], &bytes))
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
    mm->heap = uk_pages_reserve(HEAP_BYTES);
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

/* ---- Remapping -------------------------------------------------------- */

/* Move or grow: @region is a copy of where @old_addr lies. */
static int64_t move(struct uk_mm *mm, struct uk_region region,
                    uint64_t old_addr, uint64_t old_bytes, uint64_t new_addr,
                    uint64_t new_bytes) {
  uint64_t into = old_addr - region.start;
  int err;
  if (region.shared || region.pages->fixed) {
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
    /* Charged as before, though it may be that it cannot be written now. */
    int prot = region.prot | (region.charged ? PROT_WRITE : 0);
    err = mm_map_private(mm, new_addr, new_bytes, prot, NULL);
    if (!err) {
      struct uk_region *target = mm_find(mm, new_addr);
      uint64_t n = old_bytes < new_bytes ? old_bytes : new_bytes;
      mm_copy_memory(target->pages->base + target->skip +
                         (new_addr - target->start),
                     from, n);
      if (prot != region.prot)
        err = mm_protect(mm, new_addr, new_bytes, region.prot);
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
      !mm_range(old_addr, &old_bytes) || !mm_range(0, &new_bytes) || !new_bytes)
    return -EINVAL;
  sched_enter(uk_current());
  struct uk_region *region = mm_find(mm, old_addr);
  if (!region || region->end - old_addr < old_bytes)
    return -EFAULT;
  if (region->pages->fixed && new_bytes > old_bytes)
    return -EFAULT;
  if (!old_bytes) /* a second mapping of shared memory: not here */
    return -EINVAL;
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

const struct uk_process_row uk_syscalls_mmap[] = {
    {9, {"mmap", sys_mmap}},      {10, {"mprotect", sys_mprotect}},
    {11, {"munmap", sys_munmap}}, {12, {"brk", sys_brk}},
    {25, {"mremap", sys_mremap}}, {0, {NULL, NULL}},
};
