// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * show.c - source with counts, for a terminal
 *
 * What did not run is marked in the margin, and underlined where it is a part
 * of a line: colour only repeats that.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/tool.h"
#include "index/paths.h"
#include "index/where.h"
#include "report/pieces.h"
#include "report/report.h"
#include "report/sources.h"
#include "report/testsets.h"

#define RED "31"
#define YELLOW "33"
#define GREEN "32"
#define DIM "2"

/**
 * struct shower - files being shown
 * @sets: if tests are told apart
 */
struct shower {
  const struct coverage *cov;
  const char *root;
  const struct reach *reach;
  FILE *f;
  bool color;
  struct parts parts;
  struct testsets sets;
};

/* One line of a file; @index is in cov_file.lines. */
struct shown_line {
  uint32_t file, number;
  size_t index;
  const struct line_parts *of;
  const char *text;
  size_t len;
  struct pieces pieces;
};

static void put_color(const struct shower *s, const char *color) {
  if (s->color)
    fprintf(s->f, "\033[%sm", color ? color : "0");
}

/* ---- Text ---- */

/* Bytes that a terminal would take for orders, or for nothing. */
static bool is_harmless(const char *c, int len) {
  const unsigned char *u = (const unsigned char *)c;
  return len && (*u >= 0x20 || *u == '\t') && *u != 0x7f &&
         !(u[0] == 0xc2 && u[1] < 0xa0);
}

/* @caret: what stands below each character, 0: itself. */
static void put_text(FILE *f, const char *text, size_t len, char caret) {
  for (size_t i = 0; i < len;) {
    const int n = utf8_length(text + i);
    if (caret)
      fputc(text[i] == '\t' && caret == ' ' ? '\t' : caret, f);
    else if (is_harmless(text + i, n))
      fwrite(text + i, 1, (size_t)n, f);
    else
      fputc('?', f);
    i += n ? (size_t)n : 1;
  }
}

static bool part_ran(const struct shower *s, const struct piece *piece) {
  return s->parts.parts[piece->part].count.n != 0;
}

static size_t end_of_piece(const struct shown_line *l, size_t i) {
  return i + 1 < l->pieces.n ? l->pieces.all[i + 1].from : l->len;
}

static void put_colored(const struct shower *s, const char *color,
                        const char *text, size_t len, char caret) {
  if (color)
    put_color(s, color);
  put_text(s->f, text, len, caret);
  if (color)
    put_color(s, NULL);
}

static void put_source(const struct shower *s, const struct shown_line *l,
                       const char *whole) {
  put_colored(s, whole, l->text, l->pieces.n ? l->pieces.all[0].from : l->len,
              0);
  for (size_t i = 0; i < l->pieces.n; i++) {
    const uint32_t from = l->pieces.all[i].from;
    put_colored(s, part_ran(s, &l->pieces.all[i]) ? NULL : RED, l->text + from,
                end_of_piece(l, i) - from, 0);
  }
  fputc('\n', s->f);
}

/* Without the blanks at its end. */
static size_t trimmed(const char *text, size_t len) {
  while (len && text[len - 1] == ' ')
    len--;
  return len;
}

static void put_carets(const struct shower *s, const struct shown_line *l,
                       int margin) {
  size_t at = 0;
  bool any = false;
  for (size_t i = 0; i < l->pieces.n; i++) {
    const uint32_t from = l->pieces.all[i].from;
    if (part_ran(s, &l->pieces.all[i]))
      continue;
    if (!any)
      fprintf(s->f, "%*s", margin, "");
    any = true;
    put_text(s->f, l->text + at, from - at, ' ');
    at = from + trimmed(l->text + from, end_of_piece(l, i) - from);
    put_colored(s, RED, l->text + from, at - from, '^');
  }
  if (any)
    fputc('\n', s->f);
}

/* ---- Lines ---- */

static uint32_t count_tests(struct shower *s, const struct shown_line *l) {
  const size_t first = l->of->first[l->index];
  const size_t n_parts = l->of->first[l->index + 1] - first;
  uint32_t *sets = xcalloc(n_parts, sizeof(*sets)), n = 0;
  for (size_t p = 0; p < n_parts; p++)
    sets[p] = testsets_of_part(&s->sets, s->cov, &s->parts,
                               &s->parts.parts[l->of->parts[first + p]]);
  testsets_begin_union(&s->sets);
  for (size_t p = 0; p < n_parts; p++)
    testsets_add(&s->sets, sets[p]);
  const uint64_t *bits = testsets_bits(&s->sets, testsets_end_union(&s->sets));
  for (size_t w = 0; w < s->sets.n_words; w++)
    n += (uint32_t)__builtin_popcountll(bits[w]);
  free(sets);
  return n;
}

static bool lacks_part(const struct shower *s, const struct shown_line *l) {
  for (size_t p = l->of->first[l->index]; p < l->of->first[l->index + 1]; p++)
    if (!s->parts.parts[l->of->parts[p]].count.n)
      return true;
  return false;
}

/* @line: NULL if there is no code on it */
static void show_line(struct shower *s, struct shown_line *l,
                      const struct cov_line *line) {
  char count[32] = "";
  int margin = 0;
  const bool missed = line && !line->count.n;
  const bool partial = line && !missed && lacks_part(s, l);
  const char *color = missed ? RED : partial ? YELLOW : GREEN;
  if (line)
    snprintf(count, sizeof(count), "%" PRIu64 "%s", line->count.n,
             line->count.at_least ? "+" : "");
  if (partial)
    pieces_make(&l->pieces, &s->parts, l->of, l->index, l->number, l->text,
                l->len);
  put_color(s, line ? color : DIM);
  margin += fprintf(s->f, "%9s", count);
  if (s->reach && line)
    margin += fprintf(s->f, " %6" PRIu32, count_tests(s, l));
  else if (s->reach)
    margin += fprintf(s->f, " %6s", "");
  margin += fprintf(s->f, " %c", missed ? 'x' : partial ? '~' : ' ');
  put_color(s, NULL);
  put_color(s, DIM);
  margin += fprintf(s->f, "%6" PRIu32 "  ", l->number);
  put_color(s, NULL);
  put_source(s, l, missed ? RED : NULL);
  put_carets(s, l, margin);
  pieces_free(&l->pieces);
}

static void show_file(struct shower *s, uint32_t index, const char *text,
                      uint32_t first, uint32_t last) {
  const struct cov_file *file = &s->cov->files[index];
  struct line_parts of;
  uint32_t at = 1;
  size_t next = 0;
  line_parts_make(&of, &s->parts, s->cov, index);
  if (s->reach)
    testsets_clear(&s->sets);
  fprintf(s->f,
          "%s: %" PRIu64 "/%" PRIu64 " lines, %" PRIu64 "/%" PRIu64
          " functions, %" PRIu64 "/%" PRIu64 " blocks\n%9s%s %7s\n",
          file->path, file->n_lines.hit, file->n_lines.total, file->n_funcs.hit,
          file->n_funcs.total, file->n_blocks.hit, file->n_blocks.total,
          "count", s->reach ? "  tests" : "", "line");
  for (uint32_t n = first; n <= last; n++) {
    const char *line = source_line(&text, &at, n);
    if (!line)
      break;
    while (next < file->n_lines.total && file->lines[next].line < n)
      next++;
    struct shown_line l = {index, n, next, &of, line, source_line_len(line),
                           {0}};
    show_line(s, &l,
              next < file->n_lines.total && file->lines[next].line == n
                  ? &file->lines[next]
                  : NULL);
  }
  line_parts_free(&of);
}

/* ---- Files ---- */

/* Which file is meant; false after a message. */
static bool find_file(const struct coverage *cov, const char *asked,
                      uint32_t *file) {
  char **paths = xcalloc(cov->n_files, sizeof(*paths));
  size_t *found, n;
  for (size_t i = 0; i < cov->n_files; i++)
    paths[i] = (char *)cov->files[i].path;
  paths_find(paths, cov->n_files, asked, &found, &n);
  bool ok = n == 1;
  if (ok)
    *file = (uint32_t)found[0];
  else if (n)
    fail(asked, "%zu files end like that: %s, %s%s", n, paths[found[0]],
         paths[found[1]], n > 2 ? ", ..." : "");
  else
    fail(asked, "no such file in the report");
  free(found);
  free(paths);
  return ok;
}

static bool show(struct shower *s, const char *asked) {
  struct where w;
  const char *error = where_parse(&w, asked), *why;
  size_t len;
  uint32_t file;
  bool ok = (!error || fail(asked, "%s", error)) &&
            find_file(s->cov, w.path ? w.path : w.name, &file);
  char *text =
      ok ? report_read_source(s->root, s->cov->files[file].path, &len, &why)
         : NULL;
  if (text)
    show_file(s, file, text, w.n_lines ? w.lines[0].first : 1,
              w.n_lines ? w.lines[0].last : UINT32_MAX - 1);
  else if (ok)
    ok = fail(s->cov->files[file].path,
              "the source was not found: %s; see --source-root", why);
  free(text);
  where_free(&w);
  return ok;
}

bool report_show(const struct coverage *cov, const char *root,
                 const struct output *out, const struct reach *reach,
                 const char *const *asked, size_t n_asked) {
  struct shower s = {
      .cov = cov,
      .root = root,
      .f = out->f,
      .color = output_wants_color(out),
  };
  bool ok = true;
  parts_make(&s.parts, cov);
  if (reach && reach->n_tests > 1) {
    s.reach = reach;
    testsets_init(&s.sets, reach);
  }
  for (size_t i = 0; i < n_asked; i++) {
    if (i)
      fputc('\n', s.f);
    ok = show(&s, asked[i]) && ok;
  }
  testsets_free(&s.sets);
  parts_free(&s.parts);
  return ok;
}
