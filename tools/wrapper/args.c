/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * args.c - lists of arguments, and response files in them
 */
#define _GNU_SOURCE
#include "wrapper.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *self;

void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s: %s\n", self, what, why);
  exit(2);
}

void *need(void *p) {
  if (!p)
    die("memory", strerror(ENOMEM));
  return p;
}

void add(struct args *a, const char *text) {
  if (a->n + 2 > a->room) {
    a->room = a->room ? 2 * a->room : 64;
    a->v = need(realloc(a->v, a->room * sizeof(*a->v)));
  }
  a->v[a->n++] = need(strdup(text));
  a->v[a->n] = NULL;
}

void addf(struct args *a, const char *format, ...) {
  char *text;
  va_list ap;
  va_start(ap, format);
  int n = vasprintf(&text, format, ap);
  va_end(ap);
  if (n < 0)
    die("memory", strerror(ENOMEM));
  add(a, text);
  free(text);
}

bool starts(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool among(const char *s, const char *const *list) {
  for (; *list; list++)
    if (strcmp(s, *list) == 0)
      return true;
  return false;
}

/* Split as clang does: blanks separate, quotes group, backslash escapes. */
static void add_words(struct args *out, const char *text) {
  char *word = need(malloc(strlen(text) + 1));
  while (*text) {
    if (isspace((unsigned char)*text)) {
      text++;
      continue;
    }
    size_t n = 0;
    char quote = 0;
    for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
      if (*text == quote)
        quote = 0;
      else if (!quote && (*text == '"' || *text == '\''))
        quote = *text;
      else if (*text == '\\' && text[1] && quote != '\'')
        word[n++] = *++text;
      else
        word[n++] = *text;
    }
    word[n] = 0;
    add(out, word);
  }
  free(word);
}

static char *read_file(const char *path) {
  FILE *f = fopen(path, "r");
  if (!f)
    return NULL;
  char *text = NULL;
  size_t room = 0;
  ssize_t n = getdelim(&text, &room, 0, f);
  fclose(f);
  if (n < 0) {
    free(text);
    text = need(strdup(""));
  }
  return text;
}

static bool has_own_options(const struct args *a, size_t from) {
  for (size_t i = from; i < a->n; i++)
    if (starts(a->v[i], "--kcov8-"))
      return true;
  return false;
}

void expand(struct args *seen, struct args *pass, const char *word, int depth) {
  char *text = word[0] == '@' && depth < 8 ? read_file(word + 1) : NULL;
  if (!text) {
    add(seen, word);
    add(pass, word);
    return;
  }
  struct args words = {0}, inner = {0};
  add_words(&words, text);
  free(text);
  size_t first = seen->n;
  for (size_t i = 0; i < words.n; i++)
    expand(seen, &inner, words.v[i], depth + 1);
  if (!has_own_options(seen, first)) {
    add(pass, word);
    return;
  }
  for (size_t i = 0; i < inner.n; i++)
    add(pass, inner.v[i]);
}
