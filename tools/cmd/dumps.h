/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* dumps.h - a directory into which processes write, one file each */
#ifndef KCOV8_DUMPS_H
#define KCOV8_DUMPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strtab.h"

/**
 * struct dumps - all that is in it
 * @bytes:  of the good files, one behind the other: a dump as well
 * @n_files: how many those are
 * @images: paths, each once
 */
struct dumps {
  char *bytes;
  size_t size, n_files;
  struct strtab images;
};

/* dumps_make() - a new one, of ours alone. NULL after a message. */
char *dumps_make(void);

/*
 * dumps_read() - a damaged file is named and left out. A directory that is not
 * there has none.
 */
void dumps_read(struct dumps *d, const char *dir);

/* dumps_summary() - how much of each image was reached, to stderr */
void dumps_summary(const struct dumps *d);

/* dumps_write() - Return: true; false after a message. */
bool dumps_write(const struct dumps *d, const char *path);

void dumps_free(struct dumps *d);

/* dumps_remove() - the directory, and what is in it */
void dumps_remove(const char *dir);

#endif /* KCOV8_DUMPS_H */
