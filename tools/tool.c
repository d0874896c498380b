// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* tool.c - messages, memory and option errors, the same for every command */
#include "tool.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void message(const char *what, const char *fmt, va_list ap) {
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
  message(what, fmt, ap);
  va_end(ap);
}

bool fail(const char *what, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  message(what, fmt, ap);
  va_end(ap);
  return false;
}

int usage_error(const char *command, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  message(command, fmt, ap);
  va_end(ap);
  if (command)
    fprintf(stderr, "Try 'kcov8 help %s'.\n", command);
  else
    fputs("Try 'kcov8 --help'.\n", stderr);
  return EXIT_USAGE;
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

uint64_t add_saturating(uint64_t a, uint64_t b) {
  return a + b < a ? UINT64_MAX : a + b;
}

int opt_error(const char *command, int opt, char **argv) {
  const char *arg = argv[optind - 1];
  if (optopt && strncmp(arg, "--", 2) != 0)
    return usage_error(command,
                       opt == ':' ? "option '-%c' needs an argument"
                                  : "unknown option '-%c'",
                       optopt);
  if (opt == ':')
    return usage_error(command, "option '%s' needs an argument", arg);
  if (optopt)
    return usage_error(command, "option '%s' takes no argument", arg);
  return usage_error(command, "unknown or ambiguous option '%s'", arg);
}
