// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* change.c - lines without comments, and what is around them */
#include "index/change.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"

/* ---- Text without comments ----------------------------------------------- */

static const char *find2(const char *p, const char *end, const char *two) {
  for (; end - p >= 2; p++)
    if (p[0] == two[0] && p[1] == two[1])
      return p;
  return NULL;
}

/* Behind the quote that ends what begins at @p; @end if none does. */
static const char *skip_quoted(const char *p, const char *end) {
  char quote = *p++;
  for (; p < end && *p != quote; p++)
    if (*p == '\\' && p + 1 < end)
      p++;
  return p < end ? p + 1 : end;
}

/* 'x' or '\n'; an apostrophe of another language is none. */
static bool is_character(const char *p, const char *end) {
  return *p == '\'' && skip_quoted(p, end) - p <= 6 &&
         skip_quoted(p, end) - p >= 3;
}

char *change_strip(const char *p, size_t len, bool *in_comment) {
  const char *end = p + len;
  char *code = xstrndup(p, len);
  size_t n = 0;
  while (p < end) {
    const char *close = *in_comment ? find2(p, end, "*/") : NULL;
    if (*in_comment) {
      *in_comment = !close;
      p = close ? close + 2 : end;
    } else if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
      p = end;
    } else if (end - p >= 2 && p[0] == '/' && p[1] == '*') {
      *in_comment = true;
      p += 2;
    } else if (*p == '"' || is_character(p, end)) {
      code[n++] = '"';
      p = skip_quoted(p, end);
    } else if (n || !isspace((unsigned char)*p)) {
      code[n++] = *p++;
    } else {
      p++;
    }
  }
  while (n && isspace((unsigned char)code[n - 1]))
    n--;
  code[n] = 0;
  return code;
}

static bool is_on(const struct patch_line *l, char side) {
  return l->kind == ' ' || l->kind == side;
}

/* The line behind @i is not the next one of the file: a hunk ends. */
static bool ends_hunk(const struct patch_file *f, size_t i) {
  const struct patch_line *a = &f->lines[i], *b = a + 1;
  return i + 1 == f->n_lines || b->old != a->old + (a->kind != '+') ||
         b->new != a->new + (a->kind != '-');
}

/* A hunk that closes a comment first began inside it. */
static bool begins_in_comment(const struct patch_file *f, size_t i, char side) {
  for (;; i++) {
    const struct patch_line *l = &f->lines[i];
    const char *open = find2(l->text, l->text + l->len, "/*");
    const char *close = find2(l->text, l->text + l->len, "*/");
    if (is_on(l, side) && (open || close))
      return close && (!open || close < open);
    if (ends_hunk(f, i))
      return false;
  }
}

static void strip_side(struct changes *c, char side) {
  const struct patch_file *f = c->file;
  bool in_comment = false, begins = true;
  for (size_t i = 0; i < f->n_lines; i++) {
    const struct patch_line *l = &f->lines[i];
    if (begins)
      in_comment = begins_in_comment(f, i, side);
    begins = ends_hunk(f, i);
    if (!is_on(l, side))
      continue;
    free(c->code[i]);
    c->code[i] = change_strip(l->text, l->len, &in_comment);
  }
}

/* ---- One change ---------------------------------------------------------- */

static bool is_word(char ch) { return isalnum((unsigned char)ch) || ch == '_'; }

static bool begins_with(const char *code, const char *word) {
  size_t n = strlen(word);
  return strncmp(code, word, n) == 0 && !is_word(code[n]);
}

/* Control may come to it from elsewhere than the line before. */
static bool is_label(const char *code) {
  if (*code == '}') /* } else { */
    for (code++; *code == ' ' || *code == '\t';)
      code++;
  if (*code == '#' || begins_with(code, "case") ||
      begins_with(code, "default") || begins_with(code, "else") ||
      begins_with(code, "catch"))
    return true;
  const char *p = code;
  while (is_word(*p))
    p++;
  return p != code && p[0] == ':' && p[1] != ':';
}

static bool has_literal(const char *code) {
  if (*code == '#' && strstr(code, "include"))
    return false;
  for (const char *p = code; *p; p++)
    if (*p == '"' ||
        (isdigit((unsigned char)*p) && (p == code || !is_word(p[-1]))))
      return true;
  return false;
}

static bool is_jump(const char *code) {
  static const char *const words[] = {"return", "break", "continue",
                                      "goto",   "throw", "co_return"};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (begins_with(code, words[i]))
      return true;
  return false;
}

static size_t indent(const struct patch_line *l) {
  size_t columns = 0;
  for (size_t i = 0; i < l->len && (l->text[i] == ' ' || l->text[i] == '\t');
       i++)
    columns = l->text[i] == '\t' ? (columns | 7) + 1 : columns + 1;
  return columns;
}

/* Nearest line of context with code in it, -1 or 1 away and so on. */
static const struct patch_line *neighbour(const struct changes *c, size_t from,
                                          int step, char side) {
  const struct patch_file *f = c->file;
  for (size_t i = from; i < f->n_lines; i += (size_t)step) {
    if (is_on(&f->lines[i], side) && *c->code[i])
      return &f->lines[i];
    if (step > 0 ? ends_hunk(f, i) : i == 0 || ends_hunk(f, i - 1))
      return NULL;
  }
  return NULL;
}

/* A statement in front of it, not deeper, that goes on to the next one. */
static bool is_straight(const struct changes *c, const struct change *change,
                        const struct patch_line *before) {
  if (!before)
    return false;
  const struct patch_line *first = NULL;
  for (size_t i = change->first; i < change->end && !first; i++)
    if (*c->code[i])
      first = &c->file->lines[i];
  const char *code = c->code[before - c->file->lines];
  char last = code[strlen(code) - 1];
  return first && !is_jump(code) && !is_label(code) &&
         (last == '{' || (last == ';' && indent(before) <= indent(first)));
}

static void make_change(struct changes *c, const struct patch_change *from,
                        bool new_side, struct change *out) {
  const struct patch_file *f = c->file;
  char side = new_side ? '+' : '-';
  *out =
      (struct change){.nothing = true, .first = from->first, .end = from->end};
  out->lines = xcalloc(from->end - from->first, sizeof(*out->lines));
  for (size_t i = from->first; i < from->end; i++) {
    const struct patch_line *l = &f->lines[i];
    if (!*c->code[i])
      continue;
    out->nothing = false;
    out->labels |= is_label(c->code[i]);
    out->literals |= has_literal(c->code[i]);
    if (l->kind == side)
      out->lines[out->n_lines++] = new_side ? l->new : l->old;
  }
  const struct patch_line *before =
      from->before == SIZE_MAX ? NULL : neighbour(c, from->before, -1, side);
  const struct patch_line *after =
      from->after == SIZE_MAX ? NULL : neighbour(c, from->after, 1, side);
  if (before)
    out->before = new_side ? before->new : before->old;
  if (after)
    out->after = new_side ? after->new : after->old;
  out->straight = is_straight(c, out, before);
}

void changes_make(struct changes *c, const struct patch_file *file,
                  bool new_side) {
  *c = (struct changes){.file = file, .n = file->n_changes};
  c->code = xcalloc(file->n_lines, sizeof(*c->code));
  c->v = xcalloc(c->n, sizeof(*c->v));
  strip_side(c, '-');
  strip_side(c, '+');
  for (size_t i = 0; i < c->n; i++)
    make_change(c, &file->changes[i], new_side, &c->v[i]);
}

void changes_free(struct changes *c) {
  for (size_t i = 0; i < c->file->n_lines; i++)
    free(c->code[i]);
  for (size_t i = 0; i < c->n; i++)
    free(c->v[i].lines);
  free(c->code);
  free(c->v);
}
