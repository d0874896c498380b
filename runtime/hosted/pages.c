/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * pages.c - zeroed memory for big tables
 *
 * Setting up an image of a million blocks touches 40 MB once. In pages of 4 KiB
 * the faults may take longer than the work (16 us each under some hypervisors),
 * so huge ones are asked for. Memory is still lazy: what is never touched is
 * never backed.
 */
#include "hosted/pages.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static size_t whole(size_t bytes) {
  return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *kcov8i_pages_map(size_t bytes) {
  const int saved = errno;
  if (bytes > SIZE_MAX - 2 * (size_t)HUGE_PAGE)
    return NULL;
  /* One more than needed, to be cut to where a huge page may begin. */
  const size_t length = whole(bytes), all = length + HUGE_PAGE;
  char *p = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
  if (p == MAP_FAILED) {
    errno = saved;
    return NULL;
  }
  const size_t ahead = -(uintptr_t)p % HUGE_PAGE;
  if (ahead)
    munmap(p, ahead);
  munmap(p + ahead + length, HUGE_PAGE - ahead);
  p += ahead;
#ifdef MADV_HUGEPAGE
  madvise(p, length, MADV_HUGEPAGE);
#endif
  errno = saved;
  return p;
}

void kcov8i_pages_unmap(void *p, size_t bytes) {
  const int saved = errno;
  munmap(p, whole(bytes));
  errno = saved;
}
