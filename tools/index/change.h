/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * change.h - what a change of C-like text may concern
 *
 * Nothing here knows the program; a line is looked at as text. Where that does
 * not suffice, the answer is the one that concerns more.
 */
#ifndef KCOV8_CHANGE_H
#define KCOV8_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/patch.h"

/**
 * struct change - one patch_change, seen from one side
 * @nothing: blanks and comments only, on both sides
 * @first, @end: of patch_file.lines
 * @lines: on this side, with more than blanks and comments; @n_lines numbers,
 *        ascending; none: something was added on the other side
 * @before, @after: lines around, on this side, that have more than that; 0: the
 *        patch does not show them
 * @straight: control comes to it from @before, and from nowhere else
 * @labels: it has lines that begin with case, else, a label or #
 * @literals: it has strings or numbers
 */
struct change {
  bool nothing, straight, labels, literals;
  size_t first, end;
  uint32_t *lines;
  size_t n_lines;
  uint32_t before, after;
};

/**
 * struct changes - those of one file
 * @code: by line of the patch_file, its text without comments, what is in
 *        quotes, and blanks around; "" if nothing is left
 */
struct changes {
  const struct patch_file *file;
  char **code;
  struct change *v;
  size_t n;
};

/*
 * change_strip() - a line without comments, what is in quotes, blanks around
 * @in_comment: in and out: a comment goes on
 */
char *change_strip(const char *text, size_t len, bool *in_comment);

/* @new_side: numbers are those of the new file */
void changes_make(struct changes *c, const struct patch_file *file,
                  bool new_side);
void changes_free(struct changes *c);

/* What lines outside functions do. */
enum scope {
  SCOPE_FUNCTIONS,    /* add or remove whole functions; or nothing */
  SCOPE_DECLARATIONS, /* and declare functions */
  SCOPE_OTHER,        /* anything else: macros, types, variables */
};

/*
 * changes_scope() - of a change that is outside of functions
 * @names: gets the declared functions, for change_free_names()
 */
enum scope changes_scope(const struct changes *c, const struct change *change,
                         char ***names, size_t *n_names);
/* Whether what is in front of `{' is the head of a function. */
bool change_is_head(const char *begin, const char *end);
void change_free_names(char **names, size_t n);

#endif /* KCOV8_CHANGE_H */
