/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * ccache.c - what an object depends on, in what ccache hashes
 *
 * IDs hold the path of the source from the working directory. ccache does not
 * hash that directory without -g, so an absolute source would get the object of
 * another directory. What it hashes is the preprocessed text, with names of
 * files in it, and the files of these names: for ccache, the text is that of
 * the source by its relative path.
 */
#define _GNU_SOURCE
#include "wrapper.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool under_ccache(void) { return getenv("UNCACHED_ERR_FD") != NULL; }

/* Up from the real directory, then down as spelled: right whatever is a
 * symbolic link. NULL: nothing in common, as in the pass.
 */
static char *relative(const char *path) {
  char *here = get_current_dir_name(),
       *real = here ? realpath(here, NULL) : here;
  size_t same = 0; /* up to a slash of both */
  for (size_t i = 0; real; i++) {
    bool ends = !real[i] || real[i] == '/';
    if (ends && path[i] == '/')
      same = i;
    if (!real[i] || real[i] != path[i])
      break;
  }
  struct args text = {0};
  addf(&text, "%s", path + same + 1);
  for (const char *up = same ? real + same : ""; *up; up++)
    if (*up == '/')
      addf(&text, "../%s", text.v[text.n - 1]);
  free(here);
  free(real);
  return same ? text.v[text.n - 1] : NULL;
}

void make_relative(struct args *a, const char *input) {
  char *path = input[0] == '/' ? relative(input) : NULL;
  for (size_t i = 1; path && i < a->n; i++)
    if (strcmp(a->v[i], input) == 0)
      a->v[i] = path;
}
