// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* tool.c - messages and memory, the same for every command */
#include "base/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vwarn(const char *what, const char *fmt, va_list ap) {
  /* What went to stdout before comes first also when both are one file. */
  fflush(stdout);
  fputs("kcov8: ", stderr);
  if (what)
    fprintf(stderr, "%s: ", what);
  /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): callers start it */
  vfprintf(stderr, fmt, ap);
  fputc('\n', stderr);
}

void warn(const char *what, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vwarn(what, fmt, ap);
  va_end(ap);
}

bool fail(const char *what, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vwarn(what, fmt, ap);
  va_end(ap);
  return false;
}

static void out_of_memory(void) {
  fputs("kcov8: out of memory\n", stderr);
  exit(EXIT_FAILED);
}

void *xcalloc(size_t n, size_t size) {
  void *p = calloc(n ? n : 1, size);
  if (!p)
    out_of_memory();
  return p;
}

void *xrealloc(void *old, size_t n, size_t size) {
  if (n > SIZE_MAX / size)
    out_of_memory();
  void *p = realloc(old, n ? n * size : 1);
  if (!p)
    out_of_memory();
  return p;
}

char *xstrndup(const char *s, size_t len) {
  char *p = xrealloc(NULL, len + 1, 1);
  memcpy(p, s, len);
  p[len] = 0;
  return p;
}

char *xasprintf(const char *fmt, ...) {
  char *s;
  va_list ap;
  va_start(ap, fmt);
  if (vasprintf(&s, fmt, ap) < 0)
    out_of_memory();
  va_end(ap);
  return s;
}

void *vec_push(void *v, size_t *n, size_t *cap, size_t size) {
  if (*n == *cap) {
    *cap = *cap ? *cap * 2 : 16;
    v = xrealloc(v, *cap, size);
  }
  ++*n;
  return v;
}

const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

uint64_t add_saturating(uint64_t a, uint64_t b) {
  return a + b < a ? UINT64_MAX : a + b;
}
