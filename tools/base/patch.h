/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* patch.h - reader of unified diffs: git's, and those of diff -u */
#ifndef KCOV8_PATCH_H
#define KCOV8_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct patch_line - one line of a hunk
 * @kind: ' ', '-' or '+'
 * @old, @new: its number on each side; of a line that one side has not, that of
 *        the next line there
 * @text: @len bytes of the patch, without the line's end
 */
struct patch_line {
  char kind;
  uint32_t old, new;
  const char *text;
  size_t len;
};

/**
 * struct patch_change - lines replaced, removed or added at one place
 * @first, @end: in patch_file.lines, all of kind '-' or '+'
 * @before, @after: lines of context around, in patch_file.lines; SIZE_MAX if
 *        the hunk has none there
 */
struct patch_change {
  size_t first, end;
  size_t before, after;
};

/**
 * struct patch_file - what happens to one file
 * @old_path, @new_path: as in the patch, with a/ and b/; NULL: it is not there
 *        on that side
 */
struct patch_file {
  char *old_path, *new_path;
  bool binary;
  struct patch_line *lines;
  size_t n_lines, cap_lines;
  struct patch_change *changes;
  size_t n_changes, cap_changes;
};

/* struct patch - @files that it changes; @text has what they point into */
struct patch {
  char *text;
  struct patch_file *files;
  size_t n, cap;
};

/*
 * patch_read() - read a patch, called @name in messages
 * @text: @size bytes, and a NUL behind them; ownership passes to @patch
 * Return: true, also for one that changes nothing; false after a message.
 * patch_free() is due in either case.
 */
bool patch_read(struct patch *patch, const char *name, char *text, size_t size);
void patch_free(struct patch *patch);

/* patch_strip() - @path without its first @n directories; NULL if it has less
 */
const char *patch_strip(const char *path, unsigned int n);

#endif /* KCOV8_PATCH_H */
