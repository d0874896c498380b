/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* uses.h - where a source uses names that a change outside functions defines */
#ifndef KCOV8_USES_H
#define KCOV8_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/change.h"

/**
 * struct uses_source - a file that a patch is about, as it is on the disk
 * @code: by line - 1, without comments and what is in quotes
 * @is_new: it is the new side of the patch, else the old one
 */
struct uses_source {
  const struct patch_file *file;
  char **code;
  size_t n_lines;
  bool is_new;
};

/*
 * uses_read() - the file @path
 * Return: true; false if it is not there, or is neither side of @file. No
 * message. uses_free() is due if true.
 */
bool uses_read(struct uses_source *s, const char *path,
               const struct patch_file *file);
void uses_free(struct uses_source *s);

/* A line of it as a line of the other side, if @new_side is; 0: not there. */
uint32_t uses_line(const struct uses_source *s, uint32_t line, bool new_side);

/*
 * uses_function() - the function, from its head to its end, that has @n lines
 * @at: the first of them
 * @first, @last: of the function
 * Return: false if none has, or the braces of the source do not match.
 */
bool uses_function(const struct uses_source *s, uint32_t at, uint32_t n,
                   uint32_t *first, uint32_t *last);

/* uses_change() - likewise, the function that a change is in */
bool uses_change(const struct uses_source *s, const struct changes *c,
                 const struct change *change, uint32_t *first, uint32_t *last);

/*
 * change_names() - macros that a change defines, and variables that it adds
 * @names: *@n_names of them, for change_free_names()
 * Return: true if it does nothing else.
 */
bool change_names(const struct changes *c, const struct change *change,
                  char ***names, size_t *n_names);

/*
 * uses_find() - lines that use @names, or macros that do
 * Those that the patch changes are left out, and definitions.
 * @names: grows
 */
uint32_t *uses_find(const struct uses_source *s, char ***names, size_t *n_names,
                    size_t *n_lines);

#endif /* KCOV8_USES_H */
