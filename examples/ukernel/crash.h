/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * crash.h - what ukernel says when it crashes itself
 */
#ifndef UKERNEL_CRASH_H
#define UKERNEL_CRASH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before any other thread is there. */
void crash_init(void);

/* In the handler of @sig; 0: of none, @context is where the stack begins. */
void crash_report(int sig, const siginfo_t *info, const void *context);

/* What the title of the next report says instead of the signal. */
void crash_reason(const char *what);

/* This thread went on after all. */
void crash_survived(void);

/* ---- Names of addresses (names.c) -------------------------------------- */

struct uk_place {
  const char *function; /* of our own image, or of a library, or NULL */
  uint64_t offset, size;
  bool own;         /* the address is in our own image */
  const char *file; /* a source; or, without a line, a library; or NULL */
  unsigned int line;
};

/* Our own image's symbols and lines, if it still has them. */
void names_open(void);
/* Allocates nothing and takes no lock of ours. */
void names_find(uintptr_t addr, struct uk_place *place);

#endif /* UKERNEL_CRASH_H */
