// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* htmlfile.c - the data of one source file's page */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "report/htmldata.h"
#include "report/jsdata.h"
#include "report/pieces.h"
#include "report/sources.h"

/* ---- Text ---- */

/* The text, to be freed, or NULL. */
static char *put_source(FILE *f, struct html_data *data,
                        const struct cov_file *file) {
  size_t len;
  const char *why;
  char *path = report_absolute(data->root, file->path);
  char *text = report_read_source(data->root, file->path, &len, &why);
  fputs("\"at\":", f);
  js_text(f, path);
  fputs(text ? ",\"text\":" : ",\"text\":null,\"why\":", f);
  if (text)
    js_string(f, text, len);
  else
    js_text(f, why);
  if (!text && report_has_source(file) && data->missing++ == 0)
    data->first_missing = xstrndup(path, strlen(path));
  free(path);
  return text;
}

/* ---- Sets of tests ---- */

static uint32_t set_of_func(struct html_data *data, const struct cov_func *fn) {
  uint32_t n = 0, *all = NULL;
  for (uint32_t c = 0; c < fn->n_copies; c++) {
    const struct func *f = fn->copies[c].func;
    const uint32_t image = fn->copies[c].image;
    all = xrealloc(all, n + f->n_blocks, sizeof(*all));
    for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
      if (data->cov->images[image].live[b])
        all[n++] = testsets_of_block(&data->sets, image, b);
  }
  testsets_begin_union(&data->sets);
  for (uint32_t i = 0; i < n; i++)
    testsets_add(&data->sets, all[i]);
  free(all);
  return testsets_end_union(&data->sets);
}

/* @part_sets: by part of the file, the first of which is number @first. */
static uint32_t set_of_line(struct html_data *data, const struct line_parts *of,
                            size_t line, const uint32_t *part_sets,
                            size_t first) {
  const uint32_t *parts = of->parts + of->first[line];
  const size_t n = of->first[line + 1] - of->first[line];
  bool same = true;
  for (size_t i = 1; i < n; i++)
    same &= part_sets[parts[i] - first] == part_sets[parts[0] - first];
  if (n && same)
    return part_sets[parts[0] - first];
  testsets_begin_union(&data->sets);
  for (size_t i = 0; i < n; i++)
    testsets_add(&data->sets, part_sets[parts[i] - first]);
  return testsets_end_union(&data->sets);
}

/* ---- Totals of tests ---- */

static void add_total(struct html_total *t, uint32_t file,
                      const struct testset_use *use) {
  if (!t->n || t->numbers[t->n - 4] != file) {
    if (t->n == t->cap) {
      t->cap = t->cap ? 2 * t->cap : 16;
      t->numbers = xrealloc(t->numbers, t->cap, sizeof(*t->numbers));
    }
    t->numbers[t->n++] = file;
    for (int i = 0; i < 3; i++)
      t->numbers[t->n++] = 0;
  }
  uint32_t *numbers = &t->numbers[t->n - 3];
  numbers[0] += use->blocks;
  numbers[1] += use->funcs;
  numbers[2] += use->lines;
}

static void add_totals(struct html_data *data, uint32_t file) {
  for (uint32_t s = 0; s < data->sets.n; s++) {
    const struct testset_use *use = &data->sets.uses[s];
    const uint64_t *bits = testsets_bits(&data->sets, s);
    if (!use->blocks && !use->funcs && !use->lines)
      continue;
    for (size_t w = 0; w < data->sets.n_words; w++)
      for (uint64_t rest = bits[w]; rest; rest &= rest - 1)
        add_total(&data->totals.tests[w * 64 + (size_t)__builtin_ctzll(rest)],
                  file, use);
  }
}

/* ---- The page ---- */

static void put_lines(FILE *f, struct html_data *data, uint32_t index,
                      const struct line_parts *of, const uint32_t *part_sets) {
  const struct cov_file *file = &data->cov->files[index];
  fputs(",\n\"lines\":[", f);
  for (size_t i = 0; i < file->n_lines.total; i++) {
    const struct cov_line *line = &file->lines[i];
    uint32_t set = data->reach ? set_of_line(data, of, i, part_sets,
                                             data->parts.first[index])
                               : 0;
    fprintf(f, "%s%" PRIu32 ",", i ? "," : "", line->line);
    js_number(f, line->count.n);
    fprintf(f, ",%" PRIu32, set);
    if (data->reach)
      data->sets.uses[set].lines++;
  }
  fputs("],\n\"atLeast\":[", f);
  bool any = false;
  for (size_t i = 0; i < file->n_lines.total; i++)
    if (file->lines[i].count.at_least) {
      fprintf(f, "%s%" PRIu32, any ? "," : "", file->lines[i].line);
      any = true;
    }
  fputc(']', f);
}

static void put_parts(FILE *f, const struct html_data *data, uint32_t index,
                      const uint32_t *part_sets) {
  const size_t begin = data->parts.first[index],
               end = data->parts.first[index + 1];
  fputs(",\n\"parts\":[", f);
  for (size_t p = begin; p < end; p++) {
    const struct part *part = &data->parts.parts[p];
    fprintf(f, "%s[%d,%" PRIu32, p > begin ? ",\n" : "\n", part->count.n != 0,
            part_sets[p - begin]);
    for (uint32_t r = 0; r < part->n_runs; r++)
      fprintf(f, ",%" PRIu32 ",%" PRIu32, part->runs[r].first,
              part->runs[r].count);
    fputc(']', f);
  }
  fputc(']', f);
}

/* Lines of which not all is one part's: OFFSET, PART, and so on. */
static void put_pieces(FILE *f, const struct html_data *data, uint32_t index,
                       const struct line_parts *of, const char *text) {
  const struct cov_file *file = &data->cov->files[index];
  const uint32_t first = (uint32_t)data->parts.first[index];
  uint32_t number = 1;
  bool any = false;
  fputs(",\n\"pieces\":[", f);
  for (size_t i = 0; i < file->n_lines.total; i++) {
    struct pieces pieces;
    const uint32_t wanted = file->lines[i].line;
    const char *line = source_line(&text, &number, wanted);
    if (!line)
      break;
    pieces_make(&pieces, &data->parts, of, i, wanted, line,
                source_line_len(line));
    if (pieces.n) {
      fprintf(f, "%s[%" PRIu32, any ? ",\n" : "\n", wanted);
      for (size_t p = 0; p < pieces.n; p++)
        fprintf(f, ",%" PRIu32 ",%" PRIu32, pieces.all[p].from,
                pieces.all[p].part - first);
      fputc(']', f);
      any = true;
    }
    pieces_free(&pieces);
  }
  fputc(']', f);
}

static void put_funcs(FILE *f, struct html_data *data,
                      const struct cov_file *file) {
  fputs(",\n\"functions\":[", f);
  for (size_t i = 0; i < file->n_funcs.total; i++) {
    const struct cov_func *fn = &file->funcs[i];
    uint32_t set = data->reach ? set_of_func(data, fn) : 0;
    fputs(i ? ",\n[" : "\n[", f);
    js_text(f, fn->func->display);
    fprintf(f, ",%" PRIu32 ",", fn->line ? fn->line : fn->first);
    js_number(f, fn->count.n);
    fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu32 "]", fn->blocks.hit,
            fn->blocks.total, set);
    if (data->reach)
      data->sets.uses[set].funcs++;
  }
  fputc(']', f);
}

void html_put_file(FILE *f, struct html_data *data, uint32_t index,
                   bool *has_text) {
  const struct cov_file *file = &data->cov->files[index];
  const size_t begin = data->parts.first[index],
               n = data->parts.first[index + 1] - begin;
  uint32_t *part_sets = xcalloc(n, sizeof(*part_sets));
  if (data->reach) {
    testsets_clear(&data->sets);
    for (size_t p = 0; p < n; p++)
      part_sets[p] = testsets_of_part(&data->sets, data->cov, &data->parts,
                                      &data->parts.parts[begin + p]);
    for (size_t b = 0; b < file->n_blocks.total; b++) {
      uint32_t set = testsets_of_block(&data->sets, file->blocks[b].image,
                                       file->blocks[b].block);
      data->sets.uses[set].blocks++;
    }
  }
  fprintf(f, "kcov8(\"f/%" PRIu32 "\",{", index);
  struct line_parts of;
  line_parts_make(&of, &data->parts, data->cov, index);
  char *text = put_source(f, data, file);
  *has_text = text != NULL;
  put_lines(f, data, index, &of, part_sets);
  put_parts(f, data, index, part_sets);
  put_pieces(f, data, index, &of, text);
  line_parts_free(&of);
  free(text);
  put_funcs(f, data, file);
  if (data->reach) {
    fputs(",\n\"sets\":[", f);
    for (uint32_t s = 0; s < data->sets.n; s++) {
      fputs(s ? ",\n" : "\n", f);
      js_set(f, testsets_bits(&data->sets, s), data->sets.n_words);
    }
    fputc(']', f);
    add_totals(data, index);
  }
  fputs("});\n", f);
  free(part_sets);
}
