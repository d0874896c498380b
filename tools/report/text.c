// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* text.c - the report as a table for people */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"

struct layout {
  FILE *f;
  int path_width, number_width;
  bool color;
};

static int digits(uint64_t n) {
  int len = 1;
  while (n /= 10)
    len++;
  return len;
}

/* "  12/34   35.2%"; never 100 % while something is missing, nor 0 % if hit. */
static void put_ratio(const struct layout *t, struct cov_ratio r) {
  fprintf(t->f, "  %*" PRIu64 "/%-*" PRIu64, t->number_width, r.hit,
          t->number_width, r.total);
  if (!r.total) {
    fprintf(t->f, " %6s", "-");
    return;
  }
  double percent = 100.0 * (double)r.hit / (double)r.total;
  if (r.hit < r.total && percent > 99.9)
    percent = 99.9;
  if (r.hit && percent < 0.1)
    percent = 0.1;
  const char *color = percent < 50 ? "31" : percent < 80 ? "33" : "32";
  if (t->color)
    fprintf(t->f, " \033[%sm%5.1f%%\033[0m", color, percent);
  else
    fprintf(t->f, " %5.1f%%", percent);
}

static void put_row(const struct layout *t, const char *path,
                    struct cov_ratio blocks, struct cov_ratio funcs,
                    struct cov_ratio lines) {
  fprintf(t->f, "%-*s", t->path_width, path);
  put_ratio(t, blocks);
  put_ratio(t, funcs);
  put_ratio(t, lines);
  fputc('\n', t->f);
}

void report_text(const struct coverage *cov, const char *root,
                 const struct output *out) {
  (void)root;
  struct layout t = {
      .f = out->f,
      .path_width = 5,
      .number_width = 3,
      .color = output_wants_color(out),
  };
  for (size_t i = 0; i < cov->n_files; i++)
    if ((int)strlen(cov->files[i].path) > t.path_width)
      t.path_width = (int)strlen(cov->files[i].path);
  const struct cov_ratio *all[] = {&cov->n_blocks, &cov->n_funcs,
                                   &cov->n_lines};
  for (int i = 0; i < 3; i++)
    if (digits(all[i]->total) > t.number_width)
      t.number_width = digits(all[i]->total);
  int column = 2 * t.number_width + 1 + 7;
  fprintf(t.f, "%-*s  %*s  %*s  %*s\n", t.path_width, "FILE", column, "BLOCKS",
          column, "FUNCTIONS", column, "LINES");
  for (size_t i = 0; i < cov->n_files; i++) {
    const struct cov_file *file = &cov->files[i];
    put_row(&t, file->path, file->n_blocks, file->n_funcs, file->n_lines);
  }
  put_row(&t, "TOTAL", cov->n_blocks, cov->n_funcs, cov->n_lines);
}
