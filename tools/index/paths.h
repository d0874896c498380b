/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* paths.h - which of known paths somebody means */
#ifndef KCOV8_PATHS_H
#define KCOV8_PATHS_H

#include <stddef.h>

/* How well a path is met; better ones first. */
enum fit {
  FIT_EQUAL, /* it is the same */
  FIT_END,   /* asked is the end of it, from a slash on: b.c for a/b.c */
  FIT_BEGIN, /* it is the end of what is asked: /x/a/b.c for a/b.c */
  FIT_NOT,
};

/* `.', `..' and slashes in front do not count. */
enum fit path_fit(const char *path, const char *asked);

/*
 * paths_find() - those of @paths that fit @asked best
 * Of FIT_BEGIN the longest only.
 * @found: indices, which the caller frees; @n_found of them
 */
enum fit paths_find(char *const *paths, size_t n, const char *asked,
                    size_t **found, size_t *n_found);

#endif /* KCOV8_PATHS_H */
