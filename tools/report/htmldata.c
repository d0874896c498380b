// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* htmldata.c - the list of files, of functions, of tests, totals of tests */
#include "report/htmldata.h"

#include <inttypes.h>
#include <string.h>

#include "report/jsdata.h"

static void put_ratio(FILE *f, struct cov_ratio r) {
  fprintf(f, "%" PRIu64 ",%" PRIu64, r.hit, r.total);
}

static void put_ratios(FILE *f, struct cov_ratio lines, struct cov_ratio funcs,
                       struct cov_ratio blocks) {
  put_ratio(f, lines);
  fputc(',', f);
  put_ratio(f, funcs);
  fputc(',', f);
  put_ratio(f, blocks);
}

/* Blocks of one image that count, whatever file they are in. */
static struct cov_ratio count_image(const struct cov_image *image) {
  struct cov_ratio r = {0};
  for (size_t b = 0; b < image->img->n_blocks; b++) {
    r.total += image->live[b];
    r.hit += image->live[b] && image->counts[b].n;
  }
  return r;
}

void html_put_index(FILE *f, const struct html_data *data,
                    const bool *has_text) {
  const struct coverage *cov = data->cov;
  fputs("kcov8(\"index\",{\"images\":[", f);
  for (size_t i = 0; i < cov->n_images; i++) {
    fputs(i ? ",[" : "[", f);
    js_text(f, cov->images[i].img->path);
    fputc(',', f);
    put_ratio(f, count_image(&cov->images[i]));
    fputc(']', f);
  }
  fprintf(f, "],\n\"tests\":%zu,\"chunk\":%d,\"atLeast\":%s,\n\"files\":[",
          data->reach ? data->reach->n_tests : 0, HTML_TESTS_PER_FILE,
          cov->at_least ? "true" : "false");
  for (size_t i = 0; i < cov->n_files; i++) {
    const struct cov_file *file = &cov->files[i];
    fputs(i ? ",\n[" : "\n[", f);
    js_text(f, file->path);
    fputc(',', f);
    put_ratios(f, file->n_lines, file->n_funcs, file->n_blocks);
    fprintf(f, ",%d]", has_text[i]);
  }
  fputs("]});\n", f);
}

void html_put_functions(FILE *f, const struct html_data *data) {
  const struct coverage *cov = data->cov;
  bool any = false;
  fputs("kcov8(\"functions\",[", f);
  for (size_t i = 0; i < cov->n_files; i++)
    for (size_t n = 0; n < cov->files[i].n_funcs.total; n++) {
      const struct cov_func *fn = &cov->files[i].funcs[n];
      fprintf(f, "%s[%zu,%" PRIu32 ",%d,", any ? ",\n" : "\n", i,
              fn->line ? fn->line : fn->first, fn->blocks.hit != 0);
      js_text(f, fn->func->display);
      fputc(']', f);
      any = true;
    }
  fputs("]);\n", f);
}

void html_put_tests(FILE *f, const struct html_data *data) {
  fputs("kcov8(\"tests\",[", f);
  for (size_t i = 0; i < data->reach->n_tests; i++) {
    const struct reach_test *test = &data->reach->tests[i];
    const struct html_total *total = &data->totals.tests[i];
    uint64_t lines = 0, funcs = 0, blocks = 0;
    for (size_t n = 0; n < total->n; n += 4) {
      blocks += total->numbers[n + 1];
      funcs += total->numbers[n + 2];
      lines += total->numbers[n + 3];
    }
    fputs(i ? ",\n[" : "\n[", f);
    js_text(f, test->name);
    fputc(',', f);
    js_text(f, test->outcome);
    if (test->seconds < 0)
      fputs(",null", f);
    else
      fprintf(f, ",%.3f", test->seconds);
    fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", lines, funcs, blocks);
  }
  fputs("]);\n", f);
}

/* Of each test: the step to its next file, and lines, functions, blocks. */
void html_put_totals(FILE *f, const struct html_data *data, size_t first) {
  fprintf(f, "kcov8(\"t/%zu\",[", first / HTML_TESTS_PER_FILE);
  for (size_t i = first;
       i < first + HTML_TESTS_PER_FILE && i < data->totals.n_tests; i++) {
    const struct html_total *total = &data->totals.tests[i];
    uint32_t last = 0;
    fputs(i > first ? ",\n[" : "\n[", f);
    for (size_t n = 0; n < total->n; n += 4) {
      const uint32_t *of = &total->numbers[n];
      fprintf(f, "%s%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, n ? "," : "",
              of[0] - last, of[3], of[2], of[1]);
      last = of[0];
    }
    fputc(']', f);
  }
  fputs("]);\n", f);
}
