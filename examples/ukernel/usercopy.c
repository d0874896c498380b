/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * usercopy.c - the kernel's access to guest memory
 *
 * Goes by the regions of the current address space and their protections; the
 * CPU engine is not involved. Guest addresses may be anything.
 */
#include "process.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_WRITTEN                                                            \
  (sizeof(((struct uk_mm *)0)->written_code) / sizeof(uint64_t))

/* The CPU may be running: what to forget is done before it runs again. */
static void code_written(struct uk_mm *mm, uint64_t addr, uint64_t bytes) {
  uint64_t page = addr & ~(uint64_t)(UK_PAGE - 1);
  for (; page < addr + bytes && mm->n_written_code <= MAX_WRITTEN;
       page += UK_PAGE) {
    if (mm->n_written_code < MAX_WRITTEN)
      mm->written_code[mm->n_written_code] = page;
    mm->n_written_code++;
  }
}

void mm_forget_all_code(struct uk_mm *mm) {
  for (size_t i = 0; i < mm->n_regions; i++)
    if (mm->region[i].prot & PROT_EXEC)
      cpu_forget_code(mm->cpu, mm->region[i].start,
                      mm->region[i].end - mm->region[i].start);
}

void mm_forget_written_code(struct uk_mm *mm) {
  if (mm->n_written_code > MAX_WRITTEN) {
    mm_forget_all_code(mm);
  } else {
    for (size_t i = 0; i < mm->n_written_code; i++) {
      struct uk_region *region = mm_find(mm, mm->written_code[i]);
      if (region && (region->prot & PROT_EXEC))
        cpu_forget_code(mm->cpu, mm->written_code[i], UK_PAGE);
    }
  }
  mm->n_written_code = 0;
}

/* Host memory at @addr and how much of it follows in the region. */
static uint8_t *host_at(struct uk_mm *mm, uint64_t addr, int prot,
                        uint64_t *left) {
  struct uk_region *region = mm_find(mm, addr);
  if (!region || region->gone || region->prot == PROT_NONE ||
      ((prot & PROT_WRITE) && !(region->prot & PROT_WRITE)))
    return NULL;
  *left = region->end - addr;
  return region->pages->base + region->skip + (addr - region->start);
}

uint8_t *mm_host(struct uk_mm *mm, uint64_t addr, size_t bytes, int prot) {
  uint64_t left;
  uint8_t *host = host_at(mm, addr, prot, &left);
  return host && left >= bytes ? host : NULL;
}

/* All or nothing: the range is checked before the first byte is copied. */
static int check(struct uk_mm *mm, uint64_t addr, size_t bytes, int prot) {
  uint64_t end, left;
  if (__builtin_add_overflow(addr, bytes, &end) || end > UK_TASK_SIZE)
    return -EFAULT;
  for (; addr < end; addr += left)
    if (!host_at(mm, addr, prot, &left))
      return -EFAULT;
  return 0;
}

int copy_from_guest(void *to, uint64_t from, size_t bytes) {
  struct uk_mm *mm = uk_current()->mm;
  uint8_t *out = to;
  int err = check(mm, from, bytes, PROT_READ);
  while (!err && bytes) {
    uint64_t left;
    const uint8_t *host = host_at(mm, from, PROT_READ, &left);
    size_t n = left < bytes ? left : bytes;
    memcpy(out, host, n);
    out += n;
    from += n;
    bytes -= n;
  }
  return err;
}

int mm_write(struct uk_mm *mm, uint64_t to, const void *from, size_t bytes) {
  const uint8_t *in = from;
  int err = check(mm, to, bytes, PROT_WRITE);
  while (!err && bytes) {
    uint64_t left;
    uint8_t *host = host_at(mm, to, PROT_WRITE, &left);
    size_t n = left < bytes ? left : bytes;
    if (mm_find(mm, to)->prot & PROT_EXEC)
      code_written(mm, to, n);
    memcpy(host, in, n);
    in += n;
    to += n;
    bytes -= n;
  }
  return err;
}

int copy_to_guest(uint64_t to, const void *from, size_t bytes) {
  return mm_write(uk_current()->mm, to, from, bytes);
}

int copy_string_from_guest(char *to, uint64_t from, size_t size) {
  struct uk_mm *mm = uk_current()->mm;
  while (size) {
    uint64_t left;
    const uint8_t *host = host_at(mm, from, PROT_READ, &left);
    if (!host)
      return -EFAULT;
    size_t n = left < size ? left : size;
    const uint8_t *end = memchr(host, 0, n);
    if (end) {
      memcpy(to, host, (size_t)(end - host) + 1);
      return 0;
    }
    memcpy(to, host, n);
    to += n;
    from += n;
    size -= n;
  }
  return -ENAMETOOLONG;
}
