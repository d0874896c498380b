// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* filter.c - the pass's filter rules, asked about a linked image */
#include "report/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

/*
 * A function's name as the pass asks about it: without what ThinLTO and
 * -funique-internal-linkage-names put behind it. To be freed.
 */
static char *stable_name(const char *name, const char *llvm, const char *uniq) {
  size_t len = strlen(name);
  const char *ends[] = {strstr(name, llvm), strstr(name, uniq)};
  for (int i = 0; i < 2; i++)
    if (ends[i] && (size_t)(ends[i] - name) < len)
      len = (size_t)(ends[i] - name);
  return xstrndup(name, len);
}

static bool wants_function(struct kcov8_rules *rules, const struct func *f) {
  char *name = stable_name(f->name, ".llvm.", ".__uniq.");
  /* As the demangler writes them. */
  char *plain = stable_name(f->display, " [clone .llvm.", " [clone .__uniq.");
  bool wanted = !kcov8_rules_refuse_function(rules, name, plain);
  free(name);
  free(plain);
  return wanted;
}

void filter_make(struct filter *f, const struct image *img,
                 struct kcov8_rules *rules) {
  f->files = xcalloc(img->files.n, sizeof(*f->files));
  f->funcs = xcalloc(img->n_funcs, sizeof(*f->funcs));
  for (size_t i = 0; i < img->files.n; i++)
    f->files[i] = !kcov8_rules_refuse_source(rules, img->files.strings[i]);
  for (size_t i = 0; i < img->n_funcs; i++)
    f->funcs[i] = wants_function(rules, &img->funcs[i]);
}

void filter_tell_unmatched(const struct kcov8_rules *rules, const char *what) {
  for (size_t i = 0; i < rules->n; i++)
    if (!rules->rules[i].hits)
      warn(what, "%s: rule '%s' matched nothing", rules->rules[i].origin,
           rules->rules[i].text);
}

void filter_free(struct filter *f) {
  free(f->files);
  free(f->funcs);
}
