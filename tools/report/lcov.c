// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * lcov.c - the report as an LCOV tracefile
 *
 * The records that every lcov since 1.x reads, two-field FN and FNDA among
 * them. No branch records: blocks are not branches. A file without lines is
 * left out, as is a function without one.
 *
 * lcov 2 takes a function to reach to the line before the next one, and stops
 * at what does not fit: a function whose line has no DA, and one that did not
 * run in which a line did. So a function stands at the first line of its code;
 * one whose lines ran, inlined into others, has run; and where code follows it
 * that ran but belongs to no function (all of it was inlined), a function
 * `inlined:LINE` stands for that.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "report/report.h"
#include "report/sources.h"

/* Readers take a name up to the first comma. */
static void put_name(FILE *f, const char *name) {
  for (; *name; name++)
    fputc(*name == ',' ? '_' : *name, f);
}

/* A function as lcov sees it; @name NULL: code of a function that is gone. */
struct entry {
  const char *name;
  uint32_t first, last;
  uint64_t count;
};

static int compare_entries(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->first != y->first)
    return x->first < y->first ? -1 : 1;
  return strcmp(x->name, y->name);
}

/* Of @entries, which are in order, the first behind the line of the one @at. */
static size_t next_line(const struct entry *entries, size_t n, size_t at) {
  size_t next = at;
  while (next < n && entries[next].first == entries[at].first)
    next++;
  return next;
}

/*
 * Entries [at, end) begin on one line and reach to @limit. Return: a line of
 * theirs that ran although none of them did, and then @count, or 0.
 */
static uint32_t find_stray(const struct cov_file *file, struct entry *entries,
                           size_t at, size_t end, uint32_t limit,
                           uint64_t *count) {
  for (size_t i = at; i < end; i++)
    if (entries[i].count)
      return 0;
  for (size_t l = 0; l < file->n_lines.total; l++) {
    const struct cov_line *line = &file->lines[l];
    if (line->line < entries[at].first || line->line > limit || !line->count.n)
      continue;
    bool own = false;
    for (size_t i = at; i < end; i++)
      if (line->line <= entries[i].last) {
        entries[i].count = line->count.n;
        own = true;
      }
    if (own)
      return 0;
    *count = line->count.n;
    return line->line;
  }
  return 0;
}

static void put_entry(FILE *f, const char *record, uint64_t number,
                      const struct entry *e) {
  fprintf(f, "%s:%" PRIu64 ",", record, number);
  if (e->name)
    put_name(f, e->name);
  else
    fprintf(f, "inlined:%" PRIu32, e->first);
  fputc('\n', f);
}

static void put_functions(const struct cov_file *file, FILE *f) {
  size_t n = 0, hit = 0;
  struct entry *all = xcalloc(2 * file->n_funcs.total, sizeof(*all));
  for (size_t i = 0; i < file->n_funcs.total; i++) {
    const struct cov_func *fn = &file->funcs[i];
    if (fn->first)
      all[n++] =
          (struct entry){fn->func->name, fn->first, fn->last, fn->count.n};
  }
  qsort(all, n, sizeof(*all), compare_entries);
  const size_t n_known = n;
  for (size_t at = 0, end; at < n_known; at = end) {
    end = next_line(all, n_known, at);
    struct entry gone = {0};
    gone.first = find_stray(file, all, at, end,
                            end < n_known ? all[end].first - 1 : UINT32_MAX,
                            &gone.count);
    if (gone.first)
      all[n++] = gone;
  }
  for (size_t i = 0; i < n; i++)
    put_entry(f, "FN", all[i].first, &all[i]);
  for (size_t i = 0; i < n; i++) {
    put_entry(f, "FNDA", all[i].count, &all[i]);
    hit += all[i].count != 0;
  }
  free(all);
  fprintf(f, "FNF:%zu\nFNH:%zu\n", n, hit);
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
    put_functions(file, f);
    for (size_t l = 0; l < file->n_lines.total; l++)
      fprintf(f, "DA:%" PRIu32 ",%" PRIu64 "\n", file->lines[l].line,
              file->lines[l].count.n);
    fprintf(f, "LF:%" PRIu64 "\nLH:%" PRIu64 "\nend_of_record\n",
            file->n_lines.total, file->n_lines.hit);
  }
}
