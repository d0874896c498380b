// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * uses.c - words of a source
 *
 * A macro or a static variable of a source concerns who names it there. That
 * takes the source itself, which is looked at only if it is one of the two
 * sides of the patch.
 */
#include "index/uses.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tool.h"

static bool is_word(char ch) { return isalnum((unsigned char)ch) || ch == '_'; }

static bool continues(const char *code) {
  size_t n = strlen(code);
  return n && code[n - 1] == '\\';
}

/* ---- The source ---------------------------------------------------------- */

static bool is_side(char **lines, size_t n, const struct patch_file *f,
                    bool new_side) {
  for (size_t i = 0; i < f->n_lines; i++) {
    const struct patch_line *l = &f->lines[i];
    uint32_t number = new_side ? l->new : l->old;
    if (l->kind == (new_side ? '-' : '+'))
      continue;
    if (number > n || strlen(lines[number - 1]) != l->len ||
        memcmp(lines[number - 1], l->text, l->len) != 0)
      return false;
  }
  return true;
}

static void add_line(struct uses_source *s, size_t *cap, const char *line,
                     size_t len) {
  while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
    len--;
  s->code = vec_push(s->code, &s->n_lines, cap, sizeof(*s->code));
  s->code[s->n_lines - 1] = xstrndup(line, len);
}

bool uses_read(struct uses_source *s, const char *path,
               const struct patch_file *file) {
  struct stat st;
  /* The path is a patch's: it may lead anywhere. */
  FILE *f =
      stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
  char *line = NULL;
  size_t size = 0, cap = 0;
  bool in_comment = false;
  *s = (struct uses_source){.file = file};
  if (!f)
    return false;
  for (ssize_t len; (len = getline(&line, &size, f)) >= 0;)
    add_line(s, &cap, line, (size_t)len);
  free(line);
  fclose(f);
  s->is_new = is_side(s->code, s->n_lines, file, true);
  if (!s->is_new && !is_side(s->code, s->n_lines, file, false)) {
    uses_free(s);
    return false;
  }
  for (size_t i = 0; i < s->n_lines; i++) {
    char *code = change_strip(s->code[i], strlen(s->code[i]), &in_comment);
    free(s->code[i]);
    s->code[i] = code;
  }
  return true;
}

void uses_free(struct uses_source *s) {
  for (size_t i = 0; i < s->n_lines; i++)
    free(s->code[i]);
  free(s->code);
}

uint32_t uses_line(const struct uses_source *s, uint32_t line, bool new_side) {
  int64_t shift = 0; /* of the other side, behind the last line of a hunk */
  for (size_t i = 0; i < s->file->n_lines; i++) {
    const struct patch_line *l = &s->file->lines[i];
    uint32_t own = s->is_new ? l->new : l->old;
    uint32_t other = s->is_new ? l->old : l->new;
    bool on_own = l->kind != (s->is_new ? '-' : '+');
    bool on_both = l->kind == ' ';
    if (own > line)
      break;
    if (on_own && own == line)
      return new_side == s->is_new && on_both ? line : on_both ? other : 0;
    shift = (int64_t)other + (l->kind == (s->is_new ? '-' : '+') || on_both) -
            own - on_own;
  }
  return new_side == s->is_new ? line : (uint32_t)(line + shift);
}

/* ---- Functions ----------------------------------------------------------- */

/* Lines of the source that a change is around, @n of them; 0: not known. */
static uint32_t lines_of(const struct uses_source *s, const struct changes *c,
                         const struct change *change, uint32_t *n) {
  char own = s->is_new ? '+' : '-';
  uint32_t first = 0, last = 0;
  for (size_t i = change->first; i < change->end; i++) {
    const struct patch_line *l = &s->file->lines[i];
    if (*c->code[i] == '#')
      return 0; /* it may be for others, too */
    if (!*c->code[i] || l->kind != own)
      continue;
    last = s->is_new ? l->new : l->old;
    first = first ? first : last;
  }
  if (!first) { /* between two lines */
    const struct patch_line *l = &s->file->lines[change->first];
    last = s->is_new ? l->new : l->old;
    first = last - 1;
  }
  *n = last - first + 1;
  return first;
}

/**
 * struct scan - items of a source, one after the other
 * @head: text of the item so far, outside of braces
 * @begin: its first line, 0: nothing yet
 */
struct scan {
  char *head;
  size_t n, cap;
  uint32_t begin;
  int depth;
  bool is_func;
};

/* Return: whether an item ends with @ch. */
static bool scan_char(struct scan *s, char ch, uint32_t line) {
  if (s->depth == 0 && ch == '{')
    s->is_func = s->n && change_is_head(s->head, s->head + s->n);
  if (s->depth == 0 && ch != '{' &&
      !(s->n == 0 && isspace((unsigned char)ch))) {
    s->begin = s->n ? s->begin : line;
    s->head = vec_push(s->head, &s->n, &s->cap, 2);
    s->head[s->n - 1] = ch;
    s->head[s->n] = 0;
  }
  s->depth += (ch == '{') - (ch == '}');
  return s->depth == 0 && (ch == '}' || ch == ';');
}

bool uses_function(const struct uses_source *source, uint32_t at, uint32_t n,
                   uint32_t *first, uint32_t *last) {
  struct scan s = {0};
  bool found = false, macro = false;
  for (uint32_t i = 0; i < source->n_lines && s.depth >= 0; i++) {
    const char *code = source->code[i];
    macro |= *code == '#';
    for (const char *p = code; *p && !macro && s.depth >= 0; p++) {
      if (!scan_char(&s, *p, i + 1))
        continue;
      if (s.is_func && s.begin <= at && at + n - 1 <= i + 1) {
        *first = s.begin;
        *last = i + 1;
        found = true;
      }
      s.n = 0;
      s.is_func = false;
    }
    macro = macro && continues(code);
    if (!macro && s.depth == 0 && s.n)
      scan_char(&s, ' ', i + 1); /* words of two lines are two */
  }
  free(s.head);
  return found && s.depth == 0;
}

bool uses_change(const struct uses_source *s, const struct changes *c,
                 const struct change *change, uint32_t *first, uint32_t *last) {
  uint32_t n = 0, at = lines_of(s, c, change, &n);
  return at && uses_function(s, at, n, first, last);
}

/* ---- Names --------------------------------------------------------------- */

static void add_name(char ***names, size_t *n, const char *name, size_t len) {
  for (size_t i = 0; i < *n; i++)
    if (strlen((*names)[i]) == len && strncmp((*names)[i], name, len) == 0)
      return;
  *names = xrealloc(*names, *n + 1, sizeof(**names));
  (*names)[(*n)++] = xstrndup(name, len);
}

/* The name in `#define NAME', or NULL. */
static const char *defined(const char *code, size_t *len) {
  if (*code++ != '#')
    return NULL;
  code += strspn(code, " \t");
  if (strncmp(code, "define", 6) != 0 || is_word(code[6]))
    return NULL;
  code += 6 + strspn(code + 6, " \t");
  for (*len = 0; is_word(code[*len]);)
    ++*len;
  return *len ? code : NULL;
}

static bool is_undef(const char *code) {
  return *code == '#' &&
         strncmp(code + 1 + strspn(code + 1, " \t"), "undef", 5) == 0;
}

/* #ifndef NAME, and #define NAME in the next line. */
static bool is_guard(const struct uses_source *s, size_t i) {
  const char *code = s->code[i];
  size_t len;
  const char *name = i + 1 < s->n_lines ? defined(s->code[i + 1], &len) : NULL;
  if (!name || *code++ != '#')
    return false;
  code += strspn(code, " \t");
  if (strncmp(code, "ifndef", 6) != 0)
    return false;
  code += 6 + strspn(code + 6, " \t");
  return strncmp(code, name, len) == 0 && !is_word(code[len]);
}

/* static TYPE NAME [N] = ...; with nothing behind it: its name. */
static bool take_variable(const char *text, char ***names, size_t *n) {
  const char *end = text + strcspn(text, "=[;{(,");
  if (strncmp(text, "static", 6) != 0 || is_word(text[6]) ||
      !strchr("=[;", *end))
    return false;
  int depth = 0;
  const char *p = end;
  for (; *p && (depth || *p != ';'); p++)
    depth += strchr("{(", *p) ? 1 : strchr("})", *p) ? -1 : 0;
  if (*p != ';' || p[1 + strspn(p + 1, " \t\n")])
    return false;
  while (end > text && isspace((unsigned char)end[-1]))
    end--;
  const char *first = end;
  while (first > text && is_word(first[-1]))
    first--;
  if (first == end)
    return false;
  add_name(names, n, first, (size_t)(end - first));
  return true;
}

bool change_names(const struct changes *c, const struct change *change,
                  char ***names, size_t *n) {
  const struct patch_file *f = c->file;
  bool macro = false, only_added = true, ok = true;
  char *text = xstrndup("", (size_t)0);
  *names = NULL;
  *n = 0;
  if (change->first && continues(c->code[change->first - 1]))
    ok = false; /* the middle of a macro */
  for (size_t i = change->first; i < change->end && ok; i++) {
    size_t len;
    const char *name = defined(c->code[i], &len);
    if (name)
      add_name(names, n, name, len);
    else if (*c->code[i] == '#')
      ok = false;
    else if (!macro && *c->code[i]) {
      char *more = xasprintf("%s%s\n", text, c->code[i]);
      free(text);
      text = more;
      only_added &= f->lines[i].kind == '+';
    }
    macro = (name || macro) && continues(c->code[i]);
  }
  for (size_t i = 0; i < *n; i++)
    ok &= (*names)[i][0] != '_'; /* what headers ask for */
  if (ok && *text)
    ok = only_added && take_variable(text, names, n);
  free(text);
  return ok;
}

static bool uses(const char *code, char **names, size_t n) {
  for (const char *p = code; *p;) {
    size_t len = 0;
    while (is_word(p[len]))
      len++;
    for (size_t i = 0; i < n && len; i++)
      if (strlen(names[i]) == len && strncmp(p, names[i], len) == 0)
        return true;
    p += len ? len : 1;
  }
  return false;
}

uint32_t *uses_find(const struct uses_source *s, char ***names, size_t *n_names,
                    size_t *n_lines) {
  uint32_t *lines = NULL;
  size_t cap = 0, before;
  do { /* a macro that uses one is one */
    before = *n_names;
    *n_lines = 0;
    const char *macro = NULL;
    size_t len = 0;
    for (size_t i = 0; i < s->n_lines; i++) {
      size_t new_len;
      const char *name = defined(s->code[i], &new_len);
      if (name) {
        macro = name;
        len = new_len;
      } else if (i == 0 || !continues(s->code[i - 1])) {
        macro = NULL;
      }
      /* Behind its own name, a definition is a use; the end of one is none. */
      if (is_undef(s->code[i]) || is_guard(s, i) ||
          !uses(name ? name + len : s->code[i], *names, *n_names))
        continue;
      if (macro) {
        add_name(names, n_names, macro, len);
      } else if (uses_line(s, (uint32_t)i + 1, !s->is_new)) {
        lines = vec_push(lines, n_lines, &cap, sizeof(*lines));
        lines[*n_lines - 1] = (uint32_t)i + 1;
      }
    }
  } while (*n_names != before);
  return lines;
}
