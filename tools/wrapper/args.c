/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * args.c - lists of arguments, and response files in them
 */
#define _GNU_SOURCE
#include "wrapper.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

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

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Split as clang does: blanks separate, quotes group, a backslash takes the
 * next character as it is, within both quotes, too; "" is no word.
 */
static void add_words(struct args *out, const char *text) {
  char *word = need(malloc(strlen(text) + 1));
  if (starts(text, "\xef\xbb\xbf")) /* UTF-8's mark */
    text += 3;
  while (*text) {
    if (is_blank(*text)) {
      text++;
      continue;
    }
    size_t n = 0;
    char quote = 0;
    for (; *text && (quote || !is_blank(*text)); text++) {
      if (*text == quote)
        quote = 0;
      else if (!quote && (*text == '"' || *text == '\''))
        quote = *text;
      else if (*text == '\\' && text[1])
        word[n++] = *++text;
      else
        word[n++] = *text;
    }
    word[n] = 0;
    if (n)
      add(out, word);
  }
  free(word);
}

/* @again: can it be read a second time? Not so a pipe. */
static char *read_file(const char *path, bool *again) {
  struct stat st;
  FILE *f = fopen(path, "r");
  if (!f)
    return NULL;
  if (fstat(fileno(f), &st) != 0 || S_ISDIR(st.st_mode)) {
    fclose(f);
    return NULL;
  }
  *again = S_ISREG(st.st_mode);
  char *text = read_all(f);
  fclose(f);
  return text;
}

char *read_all(FILE *f) {
  char *text = NULL;
  size_t room = 0;
  if (getdelim(&text, &room, 0, f) < 0) {
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

/* The files that are being read: one that names itself stays a word. */
struct open_file {
  const char *path;
  const struct open_file *outer;
};

static void expand_in(struct args *seen, struct args *pass, const char *word,
                      const struct open_file *outer) {
  bool again = true;
  char *text = word[0] == '@' ? read_file(word + 1, &again) : NULL;
  for (const struct open_file *o = outer; o && text; o = o->outer)
    if (strcmp(o->path, word + 1) == 0) {
      free(text);
      text = NULL;
    }
  if (!text) {
    add(seen, word);
    add(pass, word);
    return;
  }
  const struct open_file here = {word + 1, outer};
  struct args words = {0}, inner = {0};
  add_words(&words, text);
  free(text);
  size_t first = seen->n;
  for (size_t i = 0; i < words.n; i++)
    expand_in(seen, &inner, words.v[i], &here);
  if (again && !has_own_options(seen, first)) {
    add(pass, word);
    return;
  }
  for (size_t i = 0; i < inner.n; i++)
    add(pass, inner.v[i]);
}

void expand(struct args *seen, struct args *pass, const char *word) {
  expand_in(seen, pass, word, NULL);
}

static size_t length(const struct args *a) {
  size_t n = 0;
  for (size_t i = 0; i < a->n; i++)
    n += strlen(a->v[i]) + 1;
  return n;
}

static void write_word(FILE *f, const char *s) {
  fputc('"', f);
  for (; *s; s++) {
    if (*s == '"' || *s == '\\')
      fputc('\\', f);
    fputc(*s, f);
  }
  fputs("\"\n", f);
}

/* In memory, so that nothing stays behind, however the program ends. */
static FILE *new_file(struct args *out) {
  int fd = memfd_create("kcov8-clang", 0);
  FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
  if (!f)
    die("memory file", strerror(errno));
  addf(out, "@/proc/self/fd/%d", fd);
  return f;
}

struct args shorten(const struct args *a) {
  enum { MOST = 96 * 1024 }; /* Linux takes 128 KiB at least */
  if (length(a) <= MOST)
    return *a;
  struct args out = {0};
  FILE *f = NULL;
  add(&out, a->v[0]);
  for (size_t i = 1; i < a->n; i++) {
    if (!*a->v[i]) { /* no file can hold an empty word */
      add(&out, "");
      f = NULL;
      continue;
    }
    if (!f)
      f = new_file(&out);
    write_word(f, a->v[i]);
  }
  if (fflush(NULL))
    die("memory file", strerror(errno));
  return out;
}
