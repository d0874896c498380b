// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* symbols.c - a function without a symbol, where that proves something */
#include "image/symbols.h"

#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "base/tool.h"

static bool name_below(const void *element, const void *key) {
  return strcmp(*(const char *const *)element, key) < 0;
}

static size_t first_name(const struct elf_file *elf, const char *name) {
  return lower_bound(elf->func_names, elf->n_func_names,
                     sizeof(*elf->func_names), name_below, name);
}

/* A symbol NAME, or NAME.suffix as compilers name clones and parts. */
static bool has_symbol(const struct elf_file *elf, const char *name) {
  size_t i = first_name(elf, name);
  if (i < elf->n_func_names && strcmp(elf->func_names[i], name) == 0)
    return true;
  char *prefix = xasprintf("%s.", name);
  i = first_name(elf, prefix);
  bool found = i < elf->n_func_names &&
               strncmp(elf->func_names[i], prefix, strlen(prefix)) == 0;
  free(prefix);
  return found;
}

/*
 * Whether a missing symbol proves that a function's code is not in the image.
 * gold drops unreferenced code but keeps its tables. No proof if symbols were
 * stripped, if only the local ones were (strip -x, ld -x: static functions
 * look dropped then), or if probes were in before the inliner ran.
 */
static bool symbols_decide(const struct image *img, const struct func *f) {
  return img->elf.has_local_funcs && f->join != JOIN_NONE &&
         !(f->flags & KCOV8_FUNC_EARLY);
}

bool symbols_prove_discarded(const struct image *img, const struct func *f) {
  return symbols_decide(img, f) && !has_symbol(&img->elf, f->name);
}
