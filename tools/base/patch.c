// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * patch.c - hunks are read by the numbers in their heads
 *
 * So a line that looks like a head is none if it is inside a hunk. Whatever is
 * between files is skipped: mails, commit messages, `Index:' lines.
 */
#include "base/patch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

/**
 * struct reader - a patch being read
 * @line, @len: the line at hand, without its end; @number: from 1
 * @next: what follows it
 * @file: being read; NULL if the next head begins one
 * @fresh: nothing but git's head has been seen of it
 */
struct reader {
  struct patch *patch;
  const char *name;
  const char *line, *next, *end;
  size_t len, number;
  struct patch_file *file;
  bool fresh, failed;
};

static bool next_line(struct reader *r) {
  if (r->next == r->end)
    return false;
  r->line = r->next;
  const char *newline = memchr(r->line, '\n', (size_t)(r->end - r->line));
  r->next = newline ? newline + 1 : r->end;
  r->len = (size_t)((newline ? newline : r->end) - r->line);
  if (r->len && r->line[r->len - 1] == '\r')
    r->len--;
  r->number++;
  return true;
}

static bool bad(struct reader *r, const char *what) {
  r->failed = true;
  return fail(r->name, "line %zu: %s", r->number, what);
}

/* What follows @head in the line at hand, NULL if it begins otherwise. */
static const char *after(const struct reader *r, const char *head) {
  size_t n = strlen(head);
  return r->len >= n && memcmp(r->line, head, n) == 0 ? r->line + n : NULL;
}

/* ---- Paths --------------------------------------------------------------- */

/* One character behind a backslash in a name that git quotes. */
static char unescape(const char **p, const char *end) {
  static const char letters[] = "abtnvfr";
  char c = *(*p)++;
  const char *letter = strchr(letters, c);
  if (letter && c)
    return (char)(7 + letter - letters);
  if (c < '0' || c > '7')
    return c;
  unsigned int value = (unsigned int)(c - '0');
  for (int i = 0; i < 2 && *p != end && **p >= '0' && **p <= '7'; i++)
    value = value * 8 + (unsigned int)(*(*p)++ - '0');
  return (char)value;
}

/* A name up to a tab, behind which diff has a time, or quoted as by git. */
static char *take_path(const char *p, const char *end) {
  char *path = xstrndup("", (size_t)0);
  size_t n = 0;
  bool quoted = p != end && *p == '"';
  path = xrealloc(path, (size_t)(end - p) + 1, 1);
  for (p += quoted; p != end && *p != (quoted ? '"' : '\t');) {
    char c = *p++;
    if (c == '\\' && quoted && p != end)
      c = unescape(&p, end);
    if (c) /* no path has it */
      path[n++] = c;
  }
  path[n] = 0;
  if (strcmp(path, "/dev/null") == 0 || n == 0) {
    free(path);
    return NULL;
  }
  return path;
}

static void set_path(char **path, const struct reader *r, const char *from) {
  free(*path);
  *path = take_path(from, r->line + r->len);
}

const char *patch_strip(const char *path, unsigned int n) {
  for (; n; n--) {
    path = strchr(path, '/');
    if (!path)
      return NULL;
    while (*path == '/')
      path++;
  }
  return *path ? path : NULL;
}

/* ---- Heads --------------------------------------------------------------- */

static void begin_file(struct reader *r) {
  struct patch *p = r->patch;
  p->files = vec_push(p->files, &p->n, &p->cap, sizeof(*p->files));
  r->file = &p->files[p->n - 1];
  *r->file = (struct patch_file){0};
}

/*
 * `diff --git a/PATH b/PATH`: of use for files without hunks, whose name is the
 * same on both sides; so it is cut in the middle.
 */
static void read_git_head(struct reader *r, const char *rest) {
  const char *end = r->line + r->len;
  begin_file(r);
  r->fresh = true;
  size_t half = (size_t)(end - rest) / 2;
  if (rest + half == end || rest[half] != ' ')
    return;
  r->file->old_path = take_path(rest, rest + half);
  r->file->new_path = take_path(rest + half + 1, end);
}

static void forget(char **path) {
  free(*path);
  *path = NULL;
}

/* Lines of git's between the head and the first hunk. */
static bool read_git_line(struct reader *r) {
  struct patch_file *f = r->file;
  const char *rest;
  if ((rest = after(r, "rename from ")) || (rest = after(r, "copy from ")))
    set_path(&f->old_path, r, rest);
  else if ((rest = after(r, "rename to ")) || (rest = after(r, "copy to ")))
    set_path(&f->new_path, r, rest);
  else if (after(r, "new file mode "))
    forget(&f->old_path);
  else if (after(r, "deleted file mode "))
    forget(&f->new_path);
  else if (after(r, "GIT binary patch") || after(r, "Binary files "))
    f->binary = true;
  else
    return false;
  return true;
}

/* `--- PATH` and, on the next line, `+++ PATH`. */
static void read_heads(struct reader *r, const char *rest) {
  struct reader before = *r;
  const char *old_end = r->line + r->len, *new_path;
  if (!next_line(r) || !(new_path = after(r, "+++ "))) {
    *r = before;
    return;
  }
  if (!r->fresh)
    begin_file(r);
  r->fresh = false;
  free(r->file->old_path);
  r->file->old_path = take_path(rest, old_end);
  set_path(&r->file->new_path, r, new_path);
}

/* ---- Hunks --------------------------------------------------------------- */

struct range {
  uint32_t first, count;
};

static bool take_number(const char **p, uint32_t *n) {
  uint64_t v = 0;
  const char *begin = *p;
  for (; **p >= '0' && **p <= '9'; ++*p) {
    v = v * 10 + (uint64_t)(**p - '0');
    if (v > INT32_MAX)
      return false;
  }
  *n = (uint32_t)v;
  return *p != begin;
}

/* "-12,3", "-12": one line; "-12,0": none, behind line 12. */
static bool take_range(const char **p, char sign, struct range *r) {
  r->count = 1;
  if (*(*p)++ != sign || !take_number(p, &r->first))
    return false;
  if (**p == ',' && (++*p, !take_number(p, &r->count)))
    return false;
  if (r->count == 0)
    r->first++;
  return (uint64_t)r->first + r->count <= INT32_MAX;
}

static void end_change(struct patch_file *f, struct patch_change *c,
                       bool context) {
  if (c->first == c->end)
    return;
  if (context)
    c->after = c->end;
  f->changes = vec_push(f->changes, &f->n_changes, &f->cap_changes, sizeof(*c));
  f->changes[f->n_changes - 1] = *c;
  c->first = c->end;
}

static void add_line(struct reader *r, char kind, const struct range *old,
                     const struct range *new) {
  struct patch_file *f = r->file;
  f->lines = vec_push(f->lines, &f->n_lines, &f->cap_lines, sizeof(*f->lines));
  f->lines[f->n_lines - 1] =
      (struct patch_line){kind, old->first, new->first, r->line + (r->len != 0),
                          r->len ? r->len - 1 : 0};
}

static bool read_hunk(struct reader *r, const char *rest) {
  struct range old, new;
  if (!take_range(&rest, '-', &old) || *rest++ != ' ' ||
      !take_range(&rest, '+', &new) || *rest != ' ')
    return bad(r, "the head of a hunk that none can have");
  struct patch_file *f = r->file;
  if (!f->n_lines && old.first == 1 && !old.count)
    forget(&f->old_path); /* -0,0: also where diff has a name */
  if (!f->n_lines && new.first == 1 && !new.count)
    forget(&f->new_path);
  struct patch_change c = {f->n_lines, f->n_lines, SIZE_MAX, SIZE_MAX};
  while (old.count || new.count) {
    if (!next_line(r))
      return bad(r, "the patch is cut short");
    char kind = r->len ? *r->line : ' '; /* blanks at ends may be lost */
    if (kind == '\\')
      continue;
    bool on_old = kind == ' ' || kind == '-',
         on_new = kind == ' ' || kind == '+';
    if ((!on_old && !on_new) || (on_old && !old.count) ||
        (on_new && !new.count))
      return bad(r, "the hunk has other lines than its head says");
    if (kind == ' ')
      end_change(f, &c, true);
    add_line(r, kind, &old, &new);
    if (kind == ' ')
      c = (struct patch_change){f->n_lines, f->n_lines, f->n_lines - 1,
                                SIZE_MAX};
    else
      c.end = f->n_lines;
    old.first += on_old;
    old.count -= on_old;
    new.first += on_new;
    new.count -= on_new;
  }
  end_change(f, &c, false);
  return true;
}

/* ---- All ----------------------------------------------------------------- */

static void read_between(struct reader *r) {
  const char *rest;
  if ((rest = after(r, "diff --git ")))
    read_git_head(r, rest);
  else if ((rest = after(r, "--- ")))
    read_heads(r, rest);
  else if (after(r, "diff ") || after(r, "Only in "))
    r->file = NULL;
  else if (after(r, "@@@ "))
    bad(r, "a combined diff of a merge: take one against one parent");
  else if ((rest = after(r, "@@ ")) && r->file)
    read_hunk(r, rest);
  else if (r->file && r->fresh)
    read_git_line(r);
  else if (r->file && after(r, "Binary files "))
    r->file->binary = true;
  if (!r->file)
    r->fresh = false;
}

bool patch_read(struct patch *patch, const char *name, char *text,
                size_t size) {
  *patch = (struct patch){.text = text};
  struct reader r = {.patch = patch, .name = name, .next = text};
  r.end = text + size;
  while (!r.failed && next_line(&r))
    read_between(&r);
  if (r.failed)
    return false;
  bool blank = text[strspn(text, " \t\r\n")] == 0;
  return patch->n || blank || fail(name, "no unified diff (diff -u, git diff)");
}

void patch_free(struct patch *patch) {
  for (size_t i = 0; i < patch->n; i++) {
    struct patch_file *f = &patch->files[i];
    free(f->old_path);
    free(f->new_path);
    free(f->lines);
    free(f->changes);
  }
  free(patch->files);
  free(patch->text);
}
