// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * jsonl.c - the report as syzkaller's /cover?jsonl=1 has it, a block a line
 *
 * Unlike in our own JSON, the PC is a number, as there.
 */
#include <stdlib.h>

#include "base/jsonw.h"
#include "report/blocks.h"
#include "report/report.h"

static void put_block(FILE *f, const struct image *img, const struct block *b,
                      uint64_t count) {
  struct jsonw j = {.f = f};
  char *path = gvisor_path(img, b);
  json_object_inline(&j, NULL);
  json_string(&j, "file_path", path);
  json_string(&j, "func_name", img->funcs[b->func].display);
  json_number(&j, "sl", b->l0);
  json_number(&j, "sc", b->c0);
  json_number(&j, "el", b->l1);
  json_number(&j, "ec", b->c1);
  json_number(&j, "hit_count", count);
  json_bool(&j, "inline", false);
  json_number(&j, "pc", b->pc);
  json_end(&j, '}');
  free(path);
}

void report_jsonl(const struct coverage *cov, const char *root,
                  const struct output *out) {
  (void)root;
  for (size_t i = 0; i < cov->n_files; i++)
    for (size_t b = 0; b < cov->files[i].n_blocks.total; b++) {
      struct cov_block at = cov->files[i].blocks[b];
      put_block(out->f, cov->images[at.image].img, cov_block(cov, at),
                cov_count_of(cov, at).n);
    }
}
