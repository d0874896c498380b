// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * html.c - the report as a folder of pages that needs nothing but a browser
 *
 * index.html, a style and a script are the same in every report (html/); what
 * differs is in data/, which the script loads as it is needed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/tool.h"
#include "report/htmlassets.h"
#include "report/htmldata.h"
#include "report/htmldir.h"
#include "report/report.h"
#include "report/sources.h"

static bool write_assets(const struct html_dir *dir) {
  bool ok = true;
  for (const struct html_asset *a = html_assets; ok && a->name; a++) {
    FILE *f = html_dir_create(dir, a->name);
    ok = f != NULL;
    if (ok)
      fwrite(a->bytes, 1, a->size, f);
    ok = ok && html_dir_finish(dir, f, a->name);
  }
  return ok;
}

static bool write_files(const struct html_dir *dir, struct html_data *data,
                        bool *has_text) {
  struct progress progress;
  bool ok = true;
  progress_begin(&progress, "writing HTML", data->cov->n_files);
  for (uint32_t i = 0; ok && i < data->cov->n_files; i++) {
    char *name = xasprintf("data/f/%" PRIu32 ".js", i);
    FILE *f = html_dir_create(dir, name);
    ok = f != NULL;
    if (ok)
      html_put_file(f, data, i, &has_text[i]);
    ok = ok && html_dir_finish(dir, f, name);
    free(name);
    progress_at(&progress, i + 1);
  }
  progress_end(&progress);
  return ok;
}

static bool write_lists(const struct html_dir *dir,
                        const struct html_data *data, const bool *has_text) {
  FILE *f = html_dir_create(dir, "data/index.js");
  if (!f)
    return false;
  html_put_index(f, data, has_text);
  if (!html_dir_finish(dir, f, "data/index.js") ||
      !(f = html_dir_create(dir, "data/functions.js")))
    return false;
  html_put_functions(f, data);
  return html_dir_finish(dir, f, "data/functions.js");
}

static bool write_tests(const struct html_dir *dir,
                        const struct html_data *data) {
  FILE *f = html_dir_create(dir, "data/tests.js");
  if (!f)
    return false;
  html_put_tests(f, data);
  bool ok = html_dir_finish(dir, f, "data/tests.js");
  for (size_t i = 0; ok && i < data->totals.n_tests; i += HTML_TESTS_PER_FILE) {
    char *name = xasprintf("data/t/%zu.js", i / HTML_TESTS_PER_FILE);
    f = html_dir_create(dir, name);
    ok = f != NULL;
    if (ok)
      html_put_totals(f, data, i);
    ok = ok && html_dir_finish(dir, f, name);
    free(name);
  }
  return ok;
}

static bool write_all(const struct html_dir *dir, struct html_data *data) {
  bool *has_text = xcalloc(data->cov->n_files, sizeof(*has_text));
  bool ok = write_assets(dir) && write_files(dir, data, has_text) &&
            write_lists(dir, data, has_text) &&
            (!data->reach || write_tests(dir, data));
  free(has_text);
  if (data->missing)
    warn(data->first_missing,
         "source not found, %zu file%s without text; see --source-root",
         data->missing, data->missing == 1 ? "" : "s");
  return ok;
}

bool report_html(const struct coverage *cov, const char *root, const char *path,
                 const struct reach *reach) {
  struct html_dir dir;
  struct html_data data = {.cov = cov, .root = root};
  bool any = false;
  for (size_t i = 0; i < cov->n_files; i++)
    any |= report_has_source(&cov->files[i]);
  if (!any)
    return fail(cov->n_images == 1 ? cov->images[0].img->path : NULL,
                "no block has lines: nothing to show as HTML (compile with "
                "-g)");
  if (reach && reach->n_tests > 1) {
    data.reach = reach;
    data.totals.n_tests = reach->n_tests;
    data.totals.tests = xcalloc(reach->n_tests, sizeof(*data.totals.tests));
    testsets_init(&data.sets, reach);
  }
  parts_make(&data.parts, cov);
  bool ok = html_dir_open(&dir, path) && write_all(&dir, &data);
  ok = html_dir_close(&dir, ok);
  parts_free(&data.parts);
  testsets_free(&data.sets);
  for (size_t i = 0; i < data.totals.n_tests; i++)
    free(data.totals.tests[i].numbers);
  free(data.totals.tests);
  free(data.first_missing);
  return ok;
}
