// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* diffimage.c - kcov8 diff-image: what became of each function */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "cmd/command.h"
#include "cmd/pair.h"
#include "match/match.h"

static const char help[] =
    "usage: kcov8 diff-image [--json] OLD NEW\n"
    "\n"
    "Says what became of the functions of the build OLD in the build NEW: how "
    "many\n"
    "were kept as they are, and a line for each that was not, columns "
    "separated by\n"
    "tabs:\n"
    "  WHAT  BLOCKS  FUNCTION  FILE\n"
    "WHAT is changed, moved (to another file), renamed, removed or added. "
    "BLOCKS is\n"
    "how many have kept their ID, or their key if it was moved or renamed, of "
    "how\n"
    "many that it had. As JSON, functions that were kept are there, too.\n"
    "\n"
    "      --json             as JSON\n"
    "  -h, --help             this text\n";

enum what {
  WHAT_KEPT,
  WHAT_CHANGED,
  WHAT_MOVED,
  WHAT_RENAMED,
  WHAT_REMOVED,
  WHAT_ADDED,
  N_WHATS
};

static const char *const words[N_WHATS] = {"kept",    "changed", "moved",
                                           "renamed", "removed", "added"};

/**
 * struct row - one function
 * @from, @to: NULL if it is not there
 * @n_kept: its blocks of equal ID, or key; all its blocks, removed ones aside
 */
struct row {
  enum what what;
  const struct image *img; /* that @from, or else @to, is in */
  const struct func *from, *to;
  uint32_t n_kept, n_blocks;
};

/**
 * struct funcs_diff - all functions
 * @n_of: rows, by enum what
 * @n_kept: blocks
 */
struct funcs_diff {
  struct row *rows;
  size_t n, n_of[N_WHATS], n_kept, n_blocks;
};

/* ---- Counting ------------------------------------------------------------ */

static enum what what_of(const struct match *m, uint32_t func) {
  switch (m->twins[func]) {
  case TWIN_HASH:
    return match_kept(m, func) ? WHAT_KEPT : WHAT_CHANGED;
  case TWIN_MOVED:
    return WHAT_MOVED;
  case TWIN_RENAMED:
    return WHAT_RENAMED;
  default:
    return WHAT_REMOVED;
  }
}

static uint32_t count_blocks(const struct image *img, const struct func *f) {
  uint32_t n = 0;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    n += match_runs(img, b);
  return n;
}

static uint32_t count_kept(const struct match *m, const struct func *f) {
  uint32_t n = 0;
  for (uint32_t b = f->first_block; b < f->first_block + f->n_blocks; b++)
    n += match_runs(m->from, b) && m->tiers[b] <= TIER_RENAMED;
  return n;
}

/* Rows of files, then of functions; the old ones if there are both. */
static int compare_rows(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  const struct func *f = x->from ? x->from : x->to;
  const struct func *g = y->from ? y->from : y->to;
  if (x->what != y->what)
    return x->what < y->what ? -1 : 1;
  int order =
      strcmp(x->img->files.strings[f->file], y->img->files.strings[g->file]);
  if (!order)
    order = strcmp(f->display, g->display);
  if (!order)
    order = strcmp(f->name, g->name);
  return order ? order : (f > g) - (f < g);
}

static void add_row(struct funcs_diff *t, struct row row) {
  t->n_of[row.what]++;
  t->rows[t->n++] = row;
}

/* Functions that the linker dropped are in neither. */
static void make_table(struct funcs_diff *t, const struct match *m) {
  const struct image *from = m->from, *to = m->to;
  *t = (struct funcs_diff){
      .rows = xcalloc(from->n_funcs + to->n_funcs, sizeof(*t->rows))};
  for (uint32_t i = 0; i < from->n_funcs; i++) {
    const struct func *f = &from->funcs[i];
    const uint32_t twin = m->funcs[i]; /* or NO_MATCH, above all */
    const bool known = twin < to->n_funcs && !to->funcs[twin].discarded;
    if (f->discarded)
      continue;
    struct row row = {.what = known ? what_of(m, i) : WHAT_REMOVED,
                      .img = from,
                      .from = f,
                      .to = known ? &to->funcs[twin] : NULL,
                      .n_blocks = count_blocks(from, f),
                      .n_kept = known ? count_kept(m, f) : 0};
    t->n_kept += row.n_kept;
    t->n_blocks += row.n_blocks;
    add_row(t, row);
  }
  for (uint32_t i = 0; i < to->n_funcs; i++) {
    const uint32_t twin = m->to_funcs[i];
    const bool known = twin < from->n_funcs && !from->funcs[twin].discarded;
    if (!known && !to->funcs[i].discarded)
      add_row(t, (struct row){.what = WHAT_ADDED,
                              .img = to,
                              .to = &to->funcs[i],
                              .n_blocks = count_blocks(to, &to->funcs[i])});
  }
  if (t->n)
    qsort(t->rows, t->n, sizeof(*t->rows), compare_rows);
}

/* ---- Forms --------------------------------------------------------------- */

static void write_summary(const struct funcs_diff *t, FILE *f) {
  for (int i = 0; i < N_WHATS; i++)
    fprintf(f, "%s%zu %s", i ? ", " : "", t->n_of[i], words[i]);
  fprintf(f, "\n%zu of %zu blocks kept\n", t->n_kept, t->n_blocks);
}

static void write_row(const struct match *m, const struct row *row, FILE *f) {
  fprintf(f, "%s\t", words[row->what]);
  if (row->what == WHAT_REMOVED || row->what == WHAT_ADDED)
    fprintf(f, "%" PRIu32, row->n_blocks);
  else
    fprintf(f, "%" PRIu32 "/%" PRIu32, row->n_kept, row->n_blocks);
  const struct func *g = row->to;
  if (row->from && g && g->join == JOIN_NONE)
    g = NULL; /* a number for a name */
  if (!row->from) {
    fprintf(f, "\t%s\t%s\n", g->display, m->to->files.strings[g->file]);
    return;
  }
  const char *file = m->from->files.strings[row->from->file];
  const char *to_file = g ? m->to->files.strings[g->file] : file;
  fprintf(f, "\t%s", row->from->display);
  if (g && strcmp(g->display, row->from->display) != 0)
    fprintf(f, " -> %s", g->display);
  fprintf(f, "\t%s", file);
  if (strcmp(file, to_file) != 0)
    fprintf(f, " -> %s", to_file);
  fputc('\n', f);
}

static void write_text(const struct match *m, const struct funcs_diff *t,
                       FILE *f) {
  write_summary(t, f);
  for (size_t i = 0; i < t->n; i++)
    if (t->rows[i].what != WHAT_KEPT)
      write_row(m, &t->rows[i], f);
}

static void json_func(struct jsonw *j, const char *key, const struct image *img,
                      const struct func *f) {
  if (!f)
    return;
  json_object(j, key);
  json_string(j, "function", f->display);
  json_string(j, "linkage_name", f->name);
  json_string(j, "file", img->files.strings[f->file]);
  json_number(j, "line", f->line);
  json_number(j, "blocks", count_blocks(img, f));
  json_end(j, '}');
}

static void write_json(const struct pair *p, const struct match *m,
                       const struct funcs_diff *t, FILE *f) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  pair_json(&j, p);
  for (int i = 0; i < N_WHATS; i++)
    json_number(&j, words[i], t->n_of[i]);
  json_number(&j, "blocks", t->n_blocks);
  json_number(&j, "blocks_kept", t->n_kept);
  json_array(&j, "functions");
  for (size_t i = 0; i < t->n; i++) {
    const struct row *row = &t->rows[i];
    json_object(&j, NULL);
    json_string(&j, "what", words[row->what]);
    if (row->from && row->to)
      json_number(&j, "blocks_kept", row->n_kept);
    json_func(&j, "old", m->from, row->from);
    json_func(&j, "new", m->to, row->to);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  json_end(&j, '}');
}

static int print(const struct pair *p, bool json) {
  struct match m;
  struct funcs_diff t;
  struct output out;
  if (!json)
    pair_warn(p);
  match_make(&m, &p->from, &p->to);
  make_table(&t, &m);
  bool ok = output_open(&out, NULL);
  if (ok) {
    if (json)
      write_json(p, &m, &t, out.f);
    else
      write_text(&m, &t, out.f);
    ok = output_close(&out, true);
  }
  free(t.rows);
  match_free(&m);
  return ok ? EXIT_DONE : EXIT_FAILED;
}

static int run(int argc, char **argv) {
  static const struct option options[] = {
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {0},
  };
  bool json = false;
  int opt;
  while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1)
    switch (opt) {
    case 'j':
      json = true;
      break;
    case 'h':
      return print_text(help);
    default:
      return opt_error("diff-image", opt, argv);
    }
  if (argc - optind != 2)
    return usage_error("diff-image", "which two images?");
  struct pair pair;
  int status = EXIT_FAILED;
  if (pair_load(&pair, argv[optind], argv[optind + 1]))
    status = print(&pair, json);
  pair_free(&pair);
  return status;
}

const struct command diff_image_command = {"diff-image", help, run};
