// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* asking.c - places that `kcov8 tests' asks about */
#include "cmd/asking.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "index/paths.h"

struct where *asking_add(struct asking *a) {
  a->where = vec_push(a->where, &a->n_where, &a->cap_where, sizeof(*a->where));
  a->where[a->n_where - 1] = (struct where){0};
  return &a->where[a->n_where - 1];
}

static void name_candidates(const struct asking *a, const char *text,
                            const size_t *found, size_t n) {
  char *all = xstrndup("", (size_t)0);
  for (size_t i = 0; i < n; i++) {
    char *more = xasprintf("%s%s%s", all, i ? ", " : "", a->files[found[i]]);
    free(all);
    all = more;
  }
  warn(text, "which of these files? %s", all);
  free(all);
}

bool asking_resolve(struct asking *a, struct where *w) {
  size_t *found, n;
  paths_find(a->files, a->n_files, w->path, &found, &n);
  if (n == 1) {
    free(w->path);
    w->path = xstrndup(a->files[found[0]], strlen(a->files[found[0]]));
  } else if (n) {
    name_candidates(a, w->text, found, n);
  } else {
    warn(w->text, "no such file in %s", a->ix.path);
  }
  free(found);
  return n == 1;
}
