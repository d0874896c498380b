/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dumps.h - a directory into which processes write, all to one file */
#ifndef KCOV8_DUMPS_H
#define KCOV8_DUMPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strtab.h"

/* Its name but for ".dump", which readers look for. */
#define DUMPS_FILE "all"

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

/* dumps_make() - a new one, of ours alone. NULL after a message. */
char *dumps_make(void);

/*
 * dumps_expect() - make the directory, if it is not there, and the empty file
 * So a process that finds the disk full can leave a mark on it (outfile.c).
 */
void dumps_expect(const char *dir);

/*
 * dumps_read() - the file, if there is one. A damaged dump in it is said, and
 * left out.
 */
void dumps_read(struct dumps *d, const char *dir);

/* dumps_summary() - how much of each image was reached, to stderr */
void dumps_summary(const struct dumps *d);

/* dumps_write() - Return: true; false after a message. */
bool dumps_write(const struct dumps *d, const char *path);

void dumps_free(struct dumps *d);

/* dumps_any() - whether a process has written */
bool dumps_any(const char *dir);

/* dumps_remove() - the directory, and what is in it */
void dumps_remove(const char *dir);

#endif /* KCOV8_DUMPS_H */
