/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * mm.c - guest test: mmap, munmap, mprotect, mremap, brk, code made at run time
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static int is_zero(const char *p, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (p[i])
      return 0;
  return 1;
}

/* Whether the kernel can write there. */
static int writable(void *p) { return syscall(SYS_clock_gettime, 1, p) == 0; }

static void holes(void) {
  char *p = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
  check(p != MAP_FAILED && is_zero(p, 16 * PAGE), "new memory is zero");
  memset(p, 7, 16 * PAGE);
  check(munmap(p + 4 * PAGE, 2 * PAGE) == 0, "hole");
  check(p[4 * PAGE - 1] == 7 && p[6 * PAGE] == 7, "around the hole");
  check(!writable(p + 4 * PAGE) && writable(p + 3 * PAGE), "in the hole");
  char *again = mmap(p + 4 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
  check(again == p + 4 * PAGE && is_zero(again, 2 * PAGE), "filled again");
  check(p[4 * PAGE - 1] == 7 && p[6 * PAGE] == 7, "neighbours unchanged");
  check(mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
            errno == EEXIST,
        "MAP_FIXED_NOREPLACE");
  check(madvise(p, PAGE, MADV_DONTNEED) == 0 && is_zero(p, PAGE) &&
            p[PAGE] == 7,
        "MADV_DONTNEED");
  check(munmap(p, 16 * PAGE) == 0 && munmap(p, 16 * PAGE) == 0, "munmap");
}

static void protections(void) {
  char *p = mmap(NULL, 64 * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
  int ok = 1;
  for (int i = 0; i < 64; i++) /* as a heap grows */
    ok &= mprotect(p + i * PAGE, PAGE, RW) == 0 && (p[i * PAGE] = 1);
  check(ok, "page by page");
  for (int i = 0; i < 64; i += 2)
    ok &= mprotect(p + i * PAGE, PAGE, PROT_READ) == 0;
  for (int i = 0; i < 64; i++)
    ok &= writable(p + i * PAGE) == (i & 1);
  check(ok, "every other page");
  check(mprotect(p, 64 * PAGE, RW) == 0 && writable(p), "all at once");
  check(mprotect(p + 60 * PAGE, 1000 * PAGE, RW) == -1, "beyond the end");
  munmap(p, 64 * PAGE);
}

static void remapping(void) {
  char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
  for (int i = 0; i < 4; i++)
    p[i * PAGE] = (char)(i + 1);
  char *q = mremap(p, 4 * PAGE, 400 * PAGE, MREMAP_MAYMOVE);
  check(q != MAP_FAILED && q[0] == 1 && q[3 * PAGE] == 4 && !q[399 * PAGE],
        "mremap grows");
  q[399 * PAGE] = 9;
  q = mremap(q, 400 * PAGE, 2 * PAGE, 0);
  check(q != MAP_FAILED && q[PAGE] == 2 && !writable(q + 2 * PAGE),
        "mremap shrinks");
  char *to = mmap(NULL, 2 * PAGE, PROT_NONE, ANON, -1, 0);
  char *r = mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
  check(r == to && r[PAGE] == 2 && !writable(q), "mremap to a place");
  char *big = malloc(200000);
  memset(big, 3, 200000);
  big = realloc(big, 5000000);
  check(big[0] == 3 && big[199999] == 3, "realloc");
  free(big);
}

static void heap(void) {
  char *start = sbrk(0);
  check(sbrk(100000) == start && is_zero(start, 100000), "brk up");
  start[99999] = 5;
  check(sbrk(-100000) == start + 100000 && sbrk(100000) == start &&
            is_zero(start + PAGE, 90000),
        "brk down and up again");
  sbrk(-100000);
}

static void code(void) {
  static const unsigned char function[] = {0xb8, 0, 0, 0, 0, 0xc3};
  unsigned char *p = mmap(NULL, PAGE, RW | PROT_EXEC, ANON, -1, 0);
  int ok = 1;
  for (int i = 0; i < 50; i++) { /* written by the program itself */
    memcpy(p, function, sizeof(function));
    p[1] = (unsigned char)i;
    ok &= ((int (*)(void))p)() == i;
  }
  check(ok, "code changes under way");
  for (int i = 0; i < 20; i++) { /* old code at the same address */
    munmap(p, PAGE);
    unsigned char *q = mmap(p, PAGE, RW, ANON | MAP_FIXED, -1, 0);
    memcpy(q, function, sizeof(function));
    q[1] = (unsigned char)(i + 100);
    mprotect(q, PAGE, PROT_READ | PROT_EXEC);
    ok &= ((int (*)(void))q)() == i + 100;
  }
  check(ok, "code changes by mmap and mprotect");
  int fd[2];
  mprotect(p, PAGE, RW | PROT_EXEC);
  for (int i = 0; i < 3; i++) { /* written by the kernel */
    unsigned char copy[sizeof(function)];
    memcpy(copy, function, sizeof(function));
    copy[1] = (unsigned char)(i + 50);
    ok &= pipe(fd) == 0 && write(fd[1], copy, sizeof(copy)) == sizeof(copy) &&
          read(fd[0], p, sizeof(copy)) == sizeof(copy) &&
          ((int (*)(void))p)() == i + 50;
    close(fd[0]);
    close(fd[1]);
  }
  check(ok, "code changes by read");
}

static void files(void) {
  char path[] = "/tmp/mm-test-XXXXXX", text[16] = {0};
  int fd = mkstemp(path);
  check(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0, "file");
  char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
  char *q = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
  char *r = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
  check(p != MAP_FAILED && q != MAP_FAILED && r != MAP_FAILED, "mapped");
  strcpy(p + PAGE, "hello");
  check(!strcmp(q + PAGE, "hello"), "both see it");
  check(pread(fd, text, 5, PAGE) == 5 && !strcmp(text, "hello"),
        "read sees it");
  check(pwrite(fd, "J", 1, PAGE) == 1 && !strcmp(p + PAGE, "Jello"),
        "write is seen");
  r[0] = 'x';
  check(p[0] == 0 && msync(p, 2 * PAGE, MS_SYNC) == 0, "private is private");
  close(fd);
  unlink(path);
  check(q[PAGE] == 'J', "mapping outlives the file");
  munmap(p, 2 * PAGE);
  munmap(q, 2 * PAGE);
  check(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 77, 0) == MAP_FAILED &&
            errno == EBADF,
        "EBADF");
}

/* What no program does on purpose. */
static void misuse(void) {
  errno = 0;
  check(mmap(NULL, 0, RW, ANON, -1, 0) == MAP_FAILED && errno == EINVAL,
        "empty mapping");
  check(mmap(NULL, ~0ul - PAGE, RW, ANON, -1, 0) == MAP_FAILED &&
            errno == ENOMEM,
        "huge mapping");
  check(munmap((void *)1, PAGE) == -1 && errno == EINVAL, "odd address");
  check(munmap((void *)PAGE, ~0ul) == -1 && errno == EINVAL, "huge munmap");
  check(mmap((void *)~0xffful, PAGE, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED,
        "outside the address space");
  check(mremap((void *)0x123000, PAGE, 2 * PAGE, MREMAP_MAYMOVE) ==
                MAP_FAILED &&
            errno == EFAULT,
        "mremap of nothing");
  int n = 0;
  for (; n < 5000; n++)
    if (mmap((void *)(0x100000000000ul + (unsigned long)n * 2 * PAGE), PAGE,
             PROT_READ, ANON, -1, 0) == MAP_FAILED)
      break;
  check(n > 500, "many mappings");
  munmap((void *)0x100000000000ul, 20000 * PAGE);
}

int main(void) {
  holes();
  protections();
  remapping();
  heap();
  code();
  files();
  misuse();
  puts("mm: done");
  return 0;
}
