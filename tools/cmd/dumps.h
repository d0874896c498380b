/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dumps.h - the file to which all processes of a test append */
#ifndef KCOV8_DUMPS_H
#define KCOV8_DUMPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strtab.h"

/**
 * struct dumps - all that is in it
 * @bytes:  of the file
 * @n:      dumps in it: programs that have run
 * @images: paths, each once
 * @lost:   a process could not write, and said why
 */
struct dumps {
  char *bytes;
  size_t size, n;
  struct strtab images;
  bool lost;
};

/*
 * dumps_make() - an empty one, in TMPDIR; its name
 * dumps_make_at() - of that name
 * It is there ahead of all processes, so that one which finds the disk full can
 * leave a mark on it (outfile.c).
 * Return: NULL, false after a message.
 */
char *dumps_make(void);
bool dumps_make_at(const char *file);

/* dumps_read() - a damaged dump is said, and left out */
void dumps_read(struct dumps *d, const char *file);

/* dumps_summary() - how much of each image was reached, to stderr */
void dumps_summary(const struct dumps *d);

/* dumps_write() - Return: true; false after a message. */
bool dumps_write(const struct dumps *d, const char *path);

void dumps_free(struct dumps *d);

/* dumps_any() - whether a process has written */
bool dumps_any(const char *file);

#endif /* KCOV8_DUMPS_H */
