// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* jsonr.c - the grammar of RFC 8259, without what nests */
#include "base/jsonr.h"

#include <ctype.h>
#include <string.h>

static const char bad_value[] = "no value that JSON has";
static const char bad_string[] =
    "a string without end, or one that JSON has not";

static int peek(FILE *f) {
  int c = getc(f);
  if (c != EOF)
    ungetc(c, f);
  return c;
}

static bool take(FILE *f, int wanted) {
  int c = getc(f);
  if (c == wanted)
    return true;
  if (c != EOF)
    ungetc(c, f);
  return false;
}

static void take_blanks(FILE *f) {
  while (take(f, ' ') || take(f, '\t') || take(f, '\r'))
    ;
}

static bool take_escape(FILE *f) {
  int c = getc(f);
  if (c != 'u')
    return c && c != EOF && strchr("\"\\/bfnrt", c);
  for (int i = 0; i < 4; i++)
    if (!isxdigit(getc(f)))
      return false;
  return true;
}

/*
 * Behind its first quote. @name gets what fits of it, if not NULL. An escape
 * stays as it stands: names that are asked for have none.
 */
static bool take_string(FILE *f, char *name, size_t size) {
  size_t len = 0;
  int c;
  while ((c = getc(f)) != '"') {
    if (c < ' ' || (c == '\\' && !take_escape(f))) /* EOF is below, too */
      return false;
    if (name && len < size - 1)
      name[len++] = (char)c;
  }
  if (name)
    name[len] = 0;
  return true;
}

static bool take_word(FILE *f, const char *word) {
  while (*word)
    if (getc(f) != *word++)
      return false;
  return true;
}

static bool take_digits(FILE *f) {
  if (!isdigit(peek(f)))
    return false;
  while (isdigit(peek(f)))
    getc(f);
  return true;
}

/* -1.5e+3; no digit may follow a 0 in front. */
static bool take_number(FILE *f) {
  take(f, '-');
  if (!take(f, '0') && !take_digits(f))
    return false;
  if (take(f, '.') && !take_digits(f))
    return false;
  if (!take(f, 'e') && !take(f, 'E'))
    return true;
  if (!take(f, '+'))
    take(f, '-');
  return take_digits(f);
}

static const char *take_unasked(FILE *f) {
  int c = peek(f);
  bool ok;
  if (c == '{' || c == '[')
    return "an array or object in the object";
  if (c == '"')
    ok = take(f, '"') && take_string(f, NULL, 0);
  else if (c == 't' || c == 'f' || c == 'n')
    ok = take_word(f, c == 't' ? "true" : c == 'f' ? "false" : "null");
  else
    ok = take_number(f);
  return ok ? NULL : c == '"' ? bad_string : bad_value;
}

static const char *take_field(FILE *f, struct json_field *field) {
  if (field->found)
    return "a member that is there twice";
  field->found = true;
  if (field->is_bool) {
    field->value = peek(f) == 't';
    return take_word(f, field->value ? "true" : "false")
               ? NULL
               : "neither true nor false where one must be";
  }
  if (!isdigit(peek(f)))
    return "no whole number where one must be";
  bool zero = peek(f) == '0';
  while (isdigit(peek(f))) {
    uint64_t digit = (uint64_t)(getc(f) - '0');
    field->over |= field->value > (UINT64_MAX - digit) / 10;
    field->value = field->over ? UINT64_MAX : field->value * 10 + digit;
    if (zero)
      break;
  }
  return NULL;
}

static const char *take_member(FILE *f, struct json_field *fields, size_t n) {
  char name[32];
  if (!take(f, '"'))
    return "no name of a member where one must be";
  if (!take_string(f, name, sizeof(name)))
    return bad_string;
  take_blanks(f);
  if (!take(f, ':'))
    return "no colon behind a name";
  take_blanks(f);
  for (size_t i = 0; i < n; i++)
    if (strcmp(name, fields[i].name) == 0)
      return take_field(f, &fields[i]);
  return take_unasked(f);
}

const char *json_read_object(FILE *f, struct json_field *fields, size_t n) {
  take_blanks(f);
  bool more = !take(f, '}');
  while (more) {
    take_blanks(f);
    const char *wrong = take_member(f, fields, n);
    if (wrong)
      return wrong;
    take_blanks(f);
    more = take(f, ',');
    if (!more && !take(f, '}'))
      return "neither a comma nor `}' behind a value";
  }
  take_blanks(f);
  return take(f, '\n') || peek(f) == EOF ? NULL : "something behind the object";
}
