// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * scope.c - what stands between functions, item by item
 *
 * A new function changes nothing that is there, but for who calls it; a
 * declaration concerns the function. Anything else may concern whoever sees it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/tool.h"
#include "index/change.h"

static bool is_word(char ch) { return isalnum((unsigned char)ch) || ch == '_'; }

/* The lines of one side, with newlines; NULL if one is the preprocessor's. */
static char *join(const struct changes *c, const struct change *change,
                  char kind) {
  char *text = xstrndup("", (size_t)0);
  for (size_t i = change->first; i < change->end; i++) {
    if (c->file->lines[i].kind != kind)
      continue;
    if (*c->code[i] == '#') {
      free(text);
      return NULL;
    }
    char *more = xasprintf("%s%s\n", text, c->code[i]);
    free(text);
    text = more;
  }
  return text;
}

/*
 * Diffs may show a function between two others from the end of the one before:
 * its `}' belongs to the end, which is in the context behind.
 */
static char *rotate(const struct changes *c, const struct change *change,
                    char *text) {
  const char *p = text + strspn(text, " \t\n");
  size_t after = change->end;
  while (after < c->file->n_lines && !*c->code[after])
    after++;
  if (*p != '}' || after == c->file->n_lines || *c->code[after] != '}')
    return text;
  char *turned = xasprintf("%s}", p + 1);
  free(text);
  return turned;
}

/* ---- Items --------------------------------------------------------------- */

/* The name in front of the first `(', with something else in front of it. */
static char *declared_name(const char *begin, const char *end) {
  const char *paren = memchr(begin, '(', (size_t)(end - begin));
  if (!paren)
    return NULL;
  const char *last = paren;
  while (last > begin && isspace((unsigned char)last[-1]))
    last--;
  const char *first = last;
  while (first > begin && is_word(first[-1]))
    first--;
  const char *type = begin;
  while (type < first && !is_word(*type))
    type++;
  return first == last || type == first
             ? NULL
             : xstrndup(first, (size_t)(last - first));
}

static bool has(const char *begin, const char *end, char ch) {
  return memchr(begin, ch, (size_t)(end - begin));
}

static bool begins_with(const char *begin, const char *word) {
  size_t n = strlen(word);
  return strncmp(begin, word, n) == 0 && !is_word(begin[n]);
}

static void add_name(char ***names, size_t *n, char *name) {
  *names = xrealloc(*names, *n + 1, sizeof(**names));
  (*names)[(*n)++] = name;
}

/* Something that ends with `;', outside of braces. */
static enum scope declaration(const char *begin, const char *end, char ***names,
                              size_t *n) {
  if (begin == end)
    return SCOPE_FUNCTIONS; /* ;; */
  char *name = has(begin, end, '=') || has(begin, end, '{') ||
                       has(begin, end, '"') || begins_with(begin, "typedef") ||
                       begins_with(begin, "virtual") || end[-1] != ')'
                   ? NULL
                   : declared_name(begin, end);
  if (!name || strncmp(name, "__", 2) == 0) { /* __attribute__ */
    free(name);
    return SCOPE_OTHER;
  }
  add_name(names, n, name);
  return SCOPE_DECLARATIONS;
}

/* Behind __attribute__((...)) and blanks. */
static const char *skip_attributes(const char *p, const char *end) {
  static const char word[] = "__attribute__";
  for (;;) {
    while (p < end && isspace((unsigned char)*p))
      p++;
    if ((size_t)(end - p) < sizeof(word) ||
        strncmp(p, word, sizeof(word) - 1) != 0)
      return p;
    int depth = 0;
    do {
      depth += (*p == '(') - (*p == ')');
      p++;
    } while (p < end && (depth || p[-1] != ')'));
  }
}

bool change_is_head(const char *begin, const char *end) {
  begin = skip_attributes(begin, end);
  while (end > begin && isspace((unsigned char)end[-1]))
    end--;
  char *name = end > begin && end[-1] == ')' && !has(begin, end, '=') &&
                       !begins_with(begin, "typedef")
                   ? declared_name(begin, end)
                   : NULL;
  free(name);
  return name;
}

static enum scope scope_of(const char *text, char ***names, size_t *n) {
  enum scope all = SCOPE_FUNCTIONS;
  const char *begin = text;
  for (int depth = 0; all != SCOPE_OTHER; text++) {
    if (depth == 0 && (begin == text) && isspace((unsigned char)*text)) {
      begin = text + 1;
    } else if (*text == 0) {
      return begin == text && depth == 0 ? all : SCOPE_OTHER;
    } else if (*text == '{') {
      if (depth++ == 0 && !change_is_head(begin, text))
        return SCOPE_OTHER;
    } else if (*text == '}') {
      if (depth-- == 0)
        return SCOPE_OTHER;
      if (depth == 0)
        begin = text + 1;
    } else if (*text == ';' && depth == 0) {
      enum scope one = declaration(begin, text, names, n);
      if (one > all)
        all = one;
      begin = text + 1;
    }
  }
  return all;
}

enum scope changes_scope(const struct changes *c, const struct change *change,
                         char ***names, size_t *n_names) {
  enum scope all = SCOPE_FUNCTIONS;
  *names = NULL;
  *n_names = 0;
  for (const char *kind = "-+"; *kind; kind++) {
    char *text = join(c, change, *kind);
    if (!text)
      return SCOPE_OTHER;
    text = rotate(c, change, text);
    enum scope one = scope_of(text, names, n_names);
    free(text);
    if (one > all)
      all = one;
  }
  return all;
}

void change_free_names(char **names, size_t n) {
  for (size_t i = 0; i < n; i++)
    free(names[i]);
  free(names);
}
