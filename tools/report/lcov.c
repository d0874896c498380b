// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * lcov.c - the report as an LCOV tracefile
 *
 * The records that every lcov since 1.x reads, two-field FN and FNDA among
 * them. No branch records: blocks are not branches. A file without lines is
 * left out, as is a function without one: line 0 is an error to lcov 2.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "report/report.h"
#include "report/sources.h"

/* Readers take a name up to the first comma. */
static void put_name(FILE *f, const char *name) {
  for (; *name; name++)
    fputc(*name == ',' ? '_' : *name, f);
}

static void put_functions(const struct coverage *cov,
                          const struct cov_file *file, FILE *f) {
  uint64_t total = 0, hit = 0;
  for (size_t i = 0; i < file->n_funcs.total; i++) {
    const struct cov_func *fn = &file->funcs[i];
    if (!fn->line)
      continue;
    fprintf(f, "FN:%" PRIu32 ",", fn->line);
    put_name(f, cov->img->funcs[fn->func].name);
    fputc('\n', f);
    total++;
    hit += fn->count.n != 0;
  }
  for (size_t i = 0; i < file->n_funcs.total; i++) {
    const struct cov_func *fn = &file->funcs[i];
    if (!fn->line)
      continue;
    fprintf(f, "FNDA:%" PRIu64 ",", fn->count.n);
    put_name(f, cov->img->funcs[fn->func].name);
    fputc('\n', f);
  }
  fprintf(f, "FNF:%" PRIu64 "\nFNH:%" PRIu64 "\n", total, hit);
}

void report_lcov(const struct coverage *cov, const char *root,
                 const struct output *out) {
  FILE *f = out->f;
  for (size_t i = 0; i < cov->n_files; i++) {
    const struct cov_file *file = &cov->files[i];
    if (!report_has_source(file))
      continue;
    char *path = report_absolute(root, file->path);
    fprintf(f, "TN:\nSF:%s\n", path);
    free(path);
    put_functions(cov, file, f);
    for (size_t l = 0; l < file->n_lines.total; l++)
      fprintf(f, "DA:%" PRIu32 ",%" PRIu64 "\n", file->lines[l].line,
              file->lines[l].count.n);
    fprintf(f, "LF:%" PRIu64 "\nLH:%" PRIu64 "\nend_of_record\n",
            file->n_lines.total, file->n_lines.hit);
  }
}
