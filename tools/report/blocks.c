// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* blocks.c - one block as text, in syzkaller's form, as JSON */
#include "report/blocks.h"

#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

bool block_removed(const struct block *b) {
  return b->flags & KCOV8_BLOCK_REMOVED;
}

static void write_range(FILE *f, const struct block *b) {
  fprintf(f, ":%" PRIu32 ".%" PRIu32 ",%" PRIu32 ".%" PRIu32, b->l0, b->c0,
          b->l1, b->c1);
}

void write_place(FILE *f, const struct image *img, const struct block *b) {
  fputs(img->funcs[b->func].display, f);
  if (!b->l0)
    fprintf(f, "#%" PRIu32, b->number);
  fprintf(f, "\t%s", img->files.strings[b->file]);
  write_range(f, b);
}

static bool has_pkg(const char *path) {
  for (const char *p = path; (p = strstr(p, "pkg/")); p++)
    if ((p == path || p[-1] == '/') && p[4])
      return true;
  return false;
}

/* syzkaller matches ^(.*\/)?(pkg/[^:]+):L.C,L.C$: no ':' in the path. */
char *gvisor_path(const struct image *img, const struct block *b) {
  const char *path = img->files.strings[b->file];
  const bool has = has_pkg(path);
  while (!has && *path == '/')
    path++;
  char *made = xasprintf("%s%s", has ? "" : "pkg/", path);
  for (char *c = made; (c = strchr(c, ':'));)
    *c = '_';
  return made;
}

void write_gvisor_place(FILE *f, const struct image *img,
                        const struct block *b) {
  char *path = gvisor_path(img, b);
  fputs(path, f);
  free(path);
  write_range(f, b);
}

void write_block_json(struct jsonw *j, const struct image *img,
                      const struct block *b) {
  const struct func *f = &img->funcs[b->func];
  json_hex(j, "id", b->id, 16);
  json_hex(j, "pc", b->pc, 16);
  json_string(j, "function", f->display);
  json_string(j, "linkage_name", f->name);
  json_number(j, "block", b->number);
  if (b->counter != NO_COUNTER)
    json_number(j, "counter", b->counter);
  json_string(j, "file", img->files.strings[b->file]);
  json_array_inline(j, "range");
  json_number(j, NULL, b->l0);
  json_number(j, NULL, b->c0);
  json_number(j, NULL, b->l1);
  json_number(j, NULL, b->c1);
  json_end(j, ']');
  json_array_inline(j, "lines");
  for (uint32_t i = 0; i < b->n_runs; i++) {
    const struct run *r = &img->runs[b->run + i];
    json_array_inline(j, NULL);
    json_string(j, NULL, img->files.strings[r->file]);
    json_number(j, NULL, r->first);
    json_number(j, NULL, r->count);
    json_end(j, ']');
  }
  json_end(j, ']');
  if (b->flags & KCOV8_BLOCK_ENTRY)
    json_bool(j, "entry", true);
  if (b->flags & KCOV8_BLOCK_EDGE)
    json_bool(j, "edge", true);
  if (block_removed(b))
    json_bool(j, "removed", true);
  if (f->discarded)
    json_bool(j, "discarded", true);
}
