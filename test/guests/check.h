/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * check.h - how guest tests say what is wrong
 *
 *   check()         one line for each step, `WHAT: ok`; the first wrong one
 * ends the program: for tests whose output is compared require()       silent
 * unless it is wrong, then on stderr, and the end CHECK(), FAILS()  silent
 * unless it is wrong, then a line, and on to the next; main() ends with `return
 * failures != 0;`
 *
 * The end is exit status 1, without atexit handlers: a child or a thread may be
 * the one that finds something wrong.
 */
#ifndef GUESTS_CHECK_H
#define GUESTS_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void check(int ok, const char *what) {
  printf("%s: %s\n", what, ok ? "ok" : "FAILED");
  fflush(stdout);
  if (!ok)
    _Exit(1);
}

/* With errno, which may be that of an older call. */
static inline void require(int ok, const char *what) {
  if (ok)
    return;
  const int reason = errno;
  fflush(stdout);
  fprintf(stderr, "%s: %s%s%s\n", program_invocation_short_name, what,
          reason ? ": " : "", reason ? strerror(reason) : "");
  _Exit(1);
}

static int failures __attribute__((unused));

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("FAIL line %d: %s (errno %d)\n", __LINE__, #condition, errno);    \
      failures++;                                                              \
    }                                                                          \
  } while (0)

/* @step in a process of its own, with its CHECK()s: one line, as check(). */
static inline void check_in_child(void (*step)(void), const char *what) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    step();
    _exit(failures != 0);
  }
  check(waitpid(child, &status, 0) == child && status == 0, what);
}

/* It returns -1, with this errno. */
#define FAILS(call, error)                                                     \
  do {                                                                         \
    errno = 0;                                                                 \
    long result_ = (long)(call);                                               \
    if (result_ != -1 || errno != (error)) {                                   \
      printf("FAIL line %d: %s: %ld errno %d, want %s\n", __LINE__, #call,     \
             result_, errno, #error);                                          \
      failures++;                                                              \
    }                                                                          \
  } while (0)

#endif /* GUESTS_CHECK_H */
