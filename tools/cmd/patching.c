// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * patching.c - a patch becomes places to ask about
 *
 * Lines with code are asked about as they are. What has none, or what control
 * may come to by another way, asks for its function; what is outside of
 * functions for the file, and in a header for all of the program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "cmd/asking.h"
#include "index/change.h"
#include "index/extent.h"
#include "index/kind.h"
#include "index/paths.h"
#include "index/sql.h"
#include "index/uses.h"

/**
 * struct patching - a patch and what is known of it
 * @new_side: which numbers of lines count
 * @strip:    leading directories of its paths that the index does not have
 */
struct patching {
  struct asking *a;
  struct patch patch;
  bool new_side;
  unsigned int strip;
};

static char *read_patch(const char *name, size_t *n) {
  bool is_stdin = strcmp(name, "-") == 0;
  FILE *f = is_stdin ? stdin : fopen(name, "re");
  if (!f) {
    warn(name, "%s", strerror(errno));
    return NULL;
  }
  size_t cap = 1 << 16;
  char *text = xcalloc(cap, 1);
  *n = 0;
  for (size_t got; (got = fread(text + *n, 1, cap - *n - 1, f)) != 0;) {
    *n += got;
    if (*n == cap - 1)
      text = xrealloc(text, cap *= 2, 1);
  }
  text[*n] = 0;
  if (ferror(f)) {
    warn(name, "%s", strerror(errno));
    free(text);
    text = NULL;
  }
  if (!is_stdin)
    fclose(f);
  return text;
}

/* ---- Files --------------------------------------------------------------- */

static const char *path_of(const struct patching *p,
                           const struct patch_file *f) {
  return p->new_side ? f->new_path : f->old_path;
}

/* As many as make most paths known; of those that do, the fewest. */
static void guess_strip(struct patching *p) {
  size_t best = 0;
  for (unsigned int strip = 0; strip < 16; strip++) {
    size_t known = 0;
    for (size_t i = 0; i < p->patch.n; i++) {
      const char *path = path_of(p, &p->patch.files[i]);
      const char *rest = path ? patch_strip(path, strip) : NULL;
      for (size_t k = 0; rest && k < p->a->n_files; k++)
        if (path_fit(p->a->files[k], rest) <= FIT_END) {
          known++;
          break;
        }
    }
    if (known > best) {
      best = known;
      p->strip = strip;
    }
  }
}

/* ---- Changes ------------------------------------------------------------- */

static void concern_all(struct asking *a) {
  for (size_t i = 0; i < a->ask.n_targets; i++)
    a->ask.targets[i].all = WHY_IMAGE;
}

static void add_name(struct asking *a, const char *name) {
  struct where *w = asking_add(a);
  w->text = a->patch;
  w->name = xstrndup(name, strlen(name));
  w->why = WHY_FUNCTION;
}

/* The file, where it may be seen from here. */
static bool find_source(const struct patching *p, const struct changes *c,
                        const char *known, struct uses_source *s) {
  const struct patch_file *f = c->file;
  const char *path = f->new_path ? f->new_path : f->old_path;
  const char *paths[] = {patch_strip(path, 1), patch_strip(path, p->strip),
                         path, known};
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
    if (paths[i] && uses_read(s, paths[i], f))
      return true;
  return false;
}

/* Lines @first to @last of the source. */
static void add_text(struct patching *p, const struct uses_source *s,
                     uint32_t first, uint32_t last, size_t w) {
  for (; first <= last; first++) {
    uint32_t line = uses_line(s, first, p->new_side);
    if (line)
      where_add_lines(&p->a->where[w], line, line, WHY_FUNCTION);
  }
}

/*
 * A function that is inlined everywhere is not in the image; its text is in the
 * source, and its lines in others. Return: false if the change is in none.
 * @all: ask for all of it
 */
static bool concern_text(struct patching *p, const struct changes *c,
                         const struct change *change, size_t w, bool all) {
  struct uses_source s;
  uint32_t first, last;
  if (!find_source(p, c, p->a->where[w].path, &s))
    return false;
  bool ok = uses_change(&s, c, change, &first, &last);
  if (ok && all)
    add_text(p, &s, first, last, w);
  uses_free(&s);
  return ok;
}

/* Ask for the function that has @line of the source. */
static bool concern_use(struct patching *p, const struct file_code *code,
                        const struct uses_source *s, uint32_t line, size_t w) {
  uint32_t asked = uses_line(s, line, p->new_side), begin, end;
  bool first, last;
  if (file_code_in(code, asked, &first, &last))
    where_add_lines(&p->a->where[w], asked, asked, WHY_FUNCTION);
  else if (uses_function(s, line, 1, &begin, &end))
    add_text(p, s, begin, end, w);
  else
    return false;
  return true;
}

/* Macros and new variables of a source. Return: false if that is not all. */
static bool concern_users(struct patching *p, const struct file_code *code,
                          const struct changes *c, const struct change *change,
                          size_t w) {
  struct uses_source s;
  char **names;
  size_t n, n_lines = 0;
  bool ok = change_names(c, change, &names, &n) &&
            find_source(p, c, p->a->where[w].path, &s);
  if (ok) {
    uint32_t *lines = uses_find(&s, &names, &n, &n_lines);
    for (size_t i = 0; i < n_lines && ok; i++)
      ok = concern_use(p, code, &s, lines[i], w);
    free(lines);
    uses_free(&s);
  }
  change_free_names(names, n);
  return ok;
}

/* @w: number of the file's place; asking_add() moves it */
static void concern_outside(struct patching *p, const struct file_code *code,
                            const struct changes *c,
                            const struct change *change, size_t w) {
  struct asking *a = p->a;
  char **names;
  size_t n;
  if (concern_text(p, c, change, w, true))
    return;
  enum scope scope = changes_scope(c, change, &names, &n);
  for (size_t i = 0; i < n && scope == SCOPE_DECLARATIONS; i++)
    add_name(a, names[i]);
  change_free_names(names, n);
  if (scope != SCOPE_OTHER)
    return;
  bool header = kind_of(a->where[w].path) == KIND_HEADER;
  if (!header && concern_users(p, code, c, change, w))
    return;
  if (p->new_side && !change->literals)
    return; /* IDs tell which functions it has changed */
  if (header)
    concern_all(a);
  else
    where_add_lines(&a->where[w], 1, UINT32_MAX, WHY_FILE);
}

/* Something is added behind change->before on the other side. */
static void concern_between(struct patching *p, const struct file_code *code,
                            const struct changes *c,
                            const struct change *change, size_t w) {
  struct where *where = &p->a->where[w];
  bool first, last, x;
  bool inside = (change->before &&
                 file_code_in(code, change->before, &x, &last) && !last) ||
                (change->after &&
                 file_code_in(code, change->after, &first, &x) && !first);
  if (!inside) {
    concern_outside(p, code, c, change, w);
    return;
  }
  uint32_t from = change->before ? change->before : change->after;
  uint32_t to = change->after ? change->after : change->before;
  if (change->straight && !change->labels && file_code_on(code, from)) {
    where_new_group(where);
    where_add_lines(where, from, from, WHY_LINE);
    where_add_lines(where, to, to, WHY_LINE);
  } else {
    where_add_lines(where, from, to, WHY_FUNCTION);
  }
}

static void concern_lines(struct patching *p, const struct file_code *code,
                          const struct changes *c, const struct change *change,
                          size_t w) {
  struct where *where = &p->a->where[w];
  bool inside = false, first, last;
  for (size_t i = 0; i < change->n_lines; i++)
    inside |= file_code_in(code, change->lines[i], &first, &last) ||
              file_code_on(code, change->lines[i]);
  if (!inside) {
    concern_outside(p, code, c, change, w);
    return;
  }
  bool whole = change->labels || !file_code_on(code, change->lines[0]);
  bool outside = false;
  where_new_group(where);
  for (size_t i = 0; i < change->n_lines; i++) {
    uint32_t line = change->lines[i];
    where_add_lines(where, line, line, WHY_LINE);
    if (whole)
      where_add_lines(where, line, line, WHY_FUNCTION);
    outside |= !file_code_in(code, line, &first, &last);
  }
  char **names;
  size_t n;
  if (!outside || change->n_lines == 1 || concern_text(p, c, change, w, false))
    return;
  if (changes_scope(c, change, &names, &n) == SCOPE_OTHER)
    where_add_lines(where, 1, UINT32_MAX, WHY_FILE);
  change_free_names(names, n);
}

static void concern_file(struct patching *p, const struct patch_file *f,
                         size_t w) {
  struct file_code code = {0};
  struct changes c;
  for (size_t i = 0; i < p->a->ask.n_targets; i++)
    file_code_add(&code, p->a->ask.targets[i].img, p->a->where[w].path);
  changes_make(&c, f, p->new_side);
  for (size_t i = 0; i < c.n; i++) {
    if (c.v[i].nothing)
      continue;
    if (c.v[i].n_lines)
      concern_lines(p, &code, &c, &c.v[i], w);
    else
      concern_between(p, &code, &c, &c.v[i], w);
  }
  changes_free(&c);
  file_code_free(&code);
}

/* ---- All ----------------------------------------------------------------- */

/* A header of which no block is known may be seen by all. */
static bool changes_anything(const struct patching *p,
                             const struct patch_file *f, bool *literals) {
  struct changes c;
  bool any = false;
  *literals = false;
  changes_make(&c, f, p->new_side);
  for (size_t i = 0; i < c.n; i++) {
    any |= !c.v[i].nothing;
    *literals |= c.v[i].literals;
  }
  changes_free(&c);
  return any;
}

static void concern_unknown(struct patching *p, const struct patch_file *f,
                            const char *path) {
  bool literals = true;
  switch (kind_of(path)) {
  case KIND_HEADER:
    if (!changes_anything(p, f, &literals))
      return;
    break;
  case KIND_BUILD:
    literals = false;
    break;
  case KIND_OTHER:
    break;
  case KIND_SOURCE:
    if (f->n_changes)
      warn(path, "no code of it in %s", p->a->ix.path);
    return;
  case KIND_TEST:
  case KIND_DOC:
    return;
  }
  /* IDs tell of what it may do but for literals. */
  if (!p->new_side || literals)
    concern_all(p->a);
}

/* A test is often called by its file, behind the suite's name. */
static bool is_file_of(const char *test, const char *path) {
  const char *name = strstr(test, " :: ");
  name = name ? name + 4 : test;
  return strchr(name, '.') && path_fit(path, name) != FIT_NOT;
}

static bool add_tests(struct patching *p) {
  struct ask *ask = &p->a->ask;
  struct rows rows = sql_query(&p->a->ix, "SELECT id, name FROM test", "");
  while (sql_next(&rows))
    for (size_t i = 0; i < p->patch.n; i++) {
      const struct patch_file *f = &p->patch.files[i];
      const char *path = f->new_path ? f->new_path : f->old_path;
      if (!path || !is_file_of(sql_text(&rows, 1), path))
        continue;
      ask->named = vec_push(ask->named, &ask->n_named, &ask->cap_named,
                            sizeof(*ask->named));
      ask->named[ask->n_named - 1] = sql_int(&rows, 0);
      break;
    }
  return sql_end(&rows);
}

/* Places of @f, a file of the patch each; @from: the first of them. */
static void add_files(struct patching *p, size_t *file_of) {
  struct asking *a = p->a;
  for (size_t i = 0; i < p->patch.n; i++) {
    const struct patch_file *f = &p->patch.files[i];
    const char *path = path_of(p, f);
    const char *rest = path ? patch_strip(path, p->strip) : NULL;
    size_t *found = NULL, n = 0;
    if (rest && !f->binary && f->n_changes)
      paths_find(a->files, a->n_files, rest, &found, &n);
    for (size_t k = 0; k < n; k++) {
      struct where *w = asking_add(a);
      w->text = a->patch;
      w->path = xstrndup(a->files[found[k]], strlen(a->files[found[k]]));
      where_add_lines(w, 1, UINT32_MAX, WHY_FILE);
      file_of[a->n_where - 1] = i;
    }
    if (rest && !n)
      concern_unknown(p, f, rest);
    free(found);
  }
}

static int ask_patch(struct patching *p) {
  struct asking *a = p->a;
  guess_strip(p);
  size_t *file_of = xcalloc(p->patch.n * (a->n_files + 1), sizeof(*file_of));
  add_files(p, file_of);
  size_t n = a->n_where;
  bool ok = add_tests(p) && ask_load(&a->ask, a->where, n);
  for (size_t i = 0; i < n && ok; i++) {
    a->where[i].n_lines = 0;
    concern_file(p, &p->patch.files[file_of[i]], i);
  }
  if (ok && a->n_where > n) /* functions that are named may be anywhere */
    ok = ask_load(&a->ask, a->where, a->n_where);
  a->ask.changed = p->new_side;
  free(file_of);
  return ok ? EXIT_DONE : EXIT_FAILED;
}

int asking_patch(struct asking *a, const char *name) {
  struct patching p = {.a = a, .new_side = a->n_images != 0};
  size_t size;
  char *text = read_patch(name, &size);
  if (!text)
    return EXIT_FAILED;
  int status = patch_read(&p.patch, name, text, size) ? EXIT_DONE : EXIT_USAGE;
  if (status == EXIT_DONE)
    status = ask_patch(&p);
  patch_free(&p.patch);
  return status;
}
