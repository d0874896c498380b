// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* answers.c - what `kcov8 tests' prints */
#include <inttypes.h>
#include <kcov8/abi.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/output.h"
#include "base/tool.h"
#include "cmd/asking.h"
#include "cmd/command.h"

static const char *by(const struct answer *a) {
  return a->why & WHY_TEST       ? "test"
         : a->why & WHY_LINE     ? "line"
         : a->why & WHY_FUNCTION ? "function"
         : a->why & WHY_FILE     ? "file"
                                 : "image";
}

/* ---- Lines --------------------------------------------------------------- */

/* A line of a patch, and what is known of it. */
struct line_state {
  const char *path;
  uint32_t line;
  enum state state;
};

struct line_states {
  struct line_state *v;
  size_t n, cap;
};

static void add_lines(struct line_states *s, const struct ask *ask,
                      const struct where *w) {
  uint32_t last = 0;
  for (size_t i = 0; i < w->n_lines; i++)
    if (w->lines[i].why == WHY_LINE && w->lines[i].last > last)
      last = w->lines[i].last;
  if (!last || !w->path)
    return;
  int8_t *states = xcalloc((size_t)last + 1, sizeof(*states));
  memset(states, -1, (size_t)last + 1);
  ask_lines(ask, w->path, last, states);
  for (size_t i = 0; i < w->n_lines; i++)
    for (uint32_t line = w->lines[i].first;
         w->lines[i].why == WHY_LINE && line <= w->lines[i].last; line++) {
      if (states[line] < 0 || states[line] == STATE_REACHED)
        continue;
      s->v = vec_push(s->v, &s->n, &s->cap, sizeof(*s->v));
      s->v[s->n - 1] =
          (struct line_state){w->path, line, (enum state)states[line]};
    }
  free(states);
}

static int compare_lines(const void *a, const void *b) {
  const struct line_state *x = a, *y = b;
  int order = strcmp(x->path, y->path);
  return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Of a patch: lines with code that no test reaches, each once. */
static struct line_states find_lines(const struct asking *a) {
  struct line_states s = {0};
  for (size_t i = 0; i < a->n_where && a->patch; i++)
    add_lines(&s, &a->ask, &a->where[i]);
  if (!s.n)
    return s;
  qsort(s.v, s.n, sizeof(*s.v), compare_lines);
  size_t n = 1;
  for (size_t i = 1; i < s.n; i++)
    if (compare_lines(&s.v[n - 1], &s.v[i]) != 0)
      s.v[n++] = s.v[i];
  s.n = n;
  return s;
}

/* ---- Forms --------------------------------------------------------------- */

static void write_text(const struct asking *a, const struct line_states *lines,
                       FILE *f) {
  for (size_t i = 0; i < a->ask.answers.n; i++) {
    const struct answer *t = &a->ask.answers.v[i];
    write_name(f, t->name);
    fputc('\t', f);
    write_name(f, t->outcome);
    fprintf(f, "\t%" PRIu64 "/%" PRIu64, t->n_asked, t->n_all);
    if (a->patch)
      fprintf(f, "\t%s", by(t));
    if (t->stale || t->carried)
      fputs(t->stale ? "\tstale" : "\tcarried", f);
    fputc('\n', f);
  }
  for (size_t i = 0; i < lines->n; i++)
    fprintf(f, "# %s:%" PRIu32 "\t%s\n", lines->v[i].path, lines->v[i].line,
            lines->v[i].state == STATE_UNKNOWN ? "not known" : "not reached");
}

static void write_lines(struct jsonw *j, const char *key, enum state state,
                        const struct line_states *lines) {
  json_array(j, key);
  for (size_t i = 0; i < lines->n; i++) {
    if (lines->v[i].state != state)
      continue;
    json_array_inline(j, NULL);
    json_string(j, NULL, lines->v[i].path);
    json_number(j, NULL, lines->v[i].line);
    json_end(j, ']');
  }
  json_end(j, ']');
}

static void write_json(const struct asking *a, const struct line_states *lines,
                       FILE *f) {
  struct jsonw j = {.f = f};
  json_object(&j, NULL);
  json_string(&j, "index", a->ix.path);
  json_array(&j, "tests");
  for (size_t i = 0; i < a->ask.answers.n; i++) {
    const struct answer *t = &a->ask.answers.v[i];
    json_object(&j, NULL);
    json_string(&j, "name", t->name);
    json_string(&j, "outcome", t->outcome);
    if (t->seconds >= 0)
      json_real(&j, "seconds", t->seconds);
    json_string(&j, "by", by(t));
    json_number(&j, "reached", t->n_asked);
    json_number(&j, "blocks", t->n_all);
    if (t->carried)
      json_bool(&j, "carried", true);
    if (t->stale)
      json_bool(&j, "stale", true);
    json_end(&j, '}');
  }
  json_end(&j, ']');
  if (a->patch) {
    write_lines(&j, "not_reached", STATE_NOT_REACHED, lines);
    write_lines(&j, "not_known", STATE_UNKNOWN, lines);
  }
  json_end(&j, '}');
  fputc('\n', f);
}

int asking_print(struct asking *a) {
  struct output out;
  struct line_states lines = find_lines(a);
  output_open(&out, NULL);
  if (a->json)
    write_json(a, &lines, out.f);
  else
    write_text(a, &lines, out.f);
  free(lines.v);
  return output_close(&out, true) ? EXIT_DONE : EXIT_FAILED;
}
