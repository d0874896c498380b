// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* json.c - the report as JSON, with every function and every block */
#include "base/jsonw.h"
#include "report/blocks.h"
#include "report/report.h"

static void put_ratio(struct jsonw *j, const char *key, struct cov_ratio r) {
  json_object(j, key);
  json_number(j, "hit", r.hit);
  json_number(j, "total", r.total);
  json_end(j, '}');
}

static void put_count(struct jsonw *j, struct cov_count count) {
  json_number(j, "count", count.n);
  if (count.at_least)
    json_bool(j, "at_least", true);
}

/* A line is an array, so which counts are lower bounds is a list of its own. */
static void put_lines(struct jsonw *j, const struct cov_file *file) {
  bool any = false;
  json_array(j, "lines"); /* [line, count] */
  for (size_t i = 0; i < file->n_lines.total; i++) {
    json_array_inline(j, NULL);
    json_number(j, NULL, file->lines[i].line);
    json_number(j, NULL, file->lines[i].count.n);
    json_end(j, ']');
    any |= file->lines[i].count.at_least;
  }
  json_end(j, ']');
  if (!any)
    return;
  json_array_inline(j, "lines_at_least");
  for (size_t i = 0; i < file->n_lines.total; i++)
    if (file->lines[i].count.at_least)
      json_number(j, NULL, file->lines[i].line);
  json_end(j, ']');
}

static void put_file(struct jsonw *j, const struct coverage *cov,
                     const struct cov_file *file) {
  json_object(j, NULL);
  json_string(j, "path", file->path);
  json_object(j, "summary");
  put_ratio(j, "blocks", file->n_blocks);
  put_ratio(j, "functions", file->n_funcs);
  put_ratio(j, "lines", file->n_lines);
  json_end(j, '}');
  json_array(j, "functions");
  for (size_t i = 0; i < file->n_funcs.total; i++) {
    const struct cov_func *fn = &file->funcs[i];
    json_object(j, NULL);
    json_string(j, "function", fn->func->display);
    json_string(j, "linkage_name", fn->func->name);
    json_number(j, "line", fn->line);
    put_count(j, fn->count);
    put_ratio(j, "blocks", fn->blocks);
    json_end(j, '}');
  }
  json_end(j, ']');
  json_array(j, "blocks");
  for (size_t i = 0; i < file->n_blocks.total; i++) {
    json_object(j, NULL);
    const struct image *img = cov->images[file->blocks[i].image].img;
    put_count(j, cov_count_of(cov, file->blocks[i]));
    write_block_json(j, img, cov_block(cov, file->blocks[i]));
    if (cov->n_images > 1)
      json_string(j, "image", img->path);
    json_end(j, '}');
  }
  json_end(j, ']');
  put_lines(j, file);
  json_end(j, '}');
}

void report_json(const struct coverage *cov, const char *root,
                 const struct output *out) {
  (void)root;
  struct jsonw j = {.f = out->f};
  json_object(&j, NULL);
  if (cov->n_images == 1) {
    json_string(&j, "image", cov->images[0].img->path);
  } else {
    json_array(&j, "images");
    for (size_t i = 0; i < cov->n_images; i++)
      json_string(&j, NULL, cov->images[i].img->path);
    json_end(&j, ']');
  }
  json_array(&j, "files");
  for (size_t i = 0; i < cov->n_files; i++)
    put_file(&j, cov, &cov->files[i]);
  json_end(&j, ']');
  json_object(&j, "totals");
  put_ratio(&j, "blocks", cov->n_blocks);
  put_ratio(&j, "functions", cov->n_funcs);
  put_ratio(&j, "lines", cov->n_lines);
  json_end(&j, '}');
  json_end(&j, '}');
}
