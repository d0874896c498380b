// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* paths.c - paths compared from their ends */
#include "index/paths.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

static const char *skip_dots(const char *path) {
  for (;; path++)
    if (path[0] == '.' && path[1] == '/')
      path++;
    else if (path[0] == '.' && path[1] == '.' && path[2] == '/')
      path += 2;
    else if (path[0] != '/')
      return path;
}

static bool is_end(const char *path, const char *end) {
  size_t n = strlen(path), m = strlen(end);
  return m && m <= n && strcmp(path + n - m, end) == 0 &&
         (m == n || path[n - m - 1] == '/');
}

enum fit path_fit(const char *path, const char *asked) {
  if (strcmp(path, asked) == 0)
    return FIT_EQUAL;
  bool absolute = *asked == '/' && *path == '/';
  path = skip_dots(path);
  asked = skip_dots(asked);
  if (strcmp(path, asked) == 0)
    return FIT_END;
  if (absolute) /* two different places */
    return FIT_NOT;
  if (is_end(path, asked))
    return FIT_END;
  return is_end(asked, path) ? FIT_BEGIN : FIT_NOT;
}

enum fit paths_find(char *const *paths, size_t n, const char *asked,
                    size_t **found, size_t *n_found) {
  enum fit best = FIT_NOT;
  size_t cap = 0, longest = 0;
  *found = NULL;
  *n_found = 0;
  for (size_t i = 0; i < n; i++) {
    enum fit fit = path_fit(paths[i], asked);
    size_t length = strlen(skip_dots(paths[i]));
    if (fit == FIT_NOT || fit > best ||
        (fit == best && fit == FIT_BEGIN && length < longest))
      continue;
    if (fit < best || (fit == FIT_BEGIN && length > longest))
      *n_found = 0;
    best = fit;
    longest = length;
    *found = vec_push(*found, n_found, &cap, sizeof(**found));
    (*found)[*n_found - 1] = i;
  }
  return best;
}
