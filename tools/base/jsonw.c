// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* jsonw.c - commas, indentation and escapes in one place */
#include "base/jsonw.h"

#include <inttypes.h>

int utf8_length(const char *text) {
  const unsigned char *s = (const unsigned char *)text;
  if (s[0] < 0x80)
    return 1;
  int len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (s[0] < 0xc2 || s[0] > 0xf4)
    return 0;
  for (int i = 1; i < len; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  /* Not overlong, no surrogate, not beyond U+10FFFF. */
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
      (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return len;
}

void write_utf8(FILE *f, const char *s,
                void (*put)(FILE *f, const char *c, int len)) {
  while (*s) {
    int len = utf8_length(s);
    if (len)
      put(f, s, len);
    else
      put(f, "\xef\xbf\xbd", 3);
    s += len ? len : 1;
  }
}

static void put_json(FILE *f, const char *c, int len) {
  if (*c == '"' || *c == '\\')
    fprintf(f, "\\%c", *c);
  else if ((unsigned char)*c < 0x20)
    fprintf(f, "\\u%04x", (unsigned)*c);
  else
    fprintf(f, "%.*s", len, c);
}

static void put_string(struct jsonw *j, const char *s) {
  fputc('"', j->f);
  write_utf8(j->f, s, put_json);
  fputc('"', j->f);
}

static void element(struct jsonw *j, const char *key) {
  if (j->filled)
    fputc(',', j->f);
  if (j->inline_depth)
    fputs(j->filled ? " " : "", j->f);
  else if (j->depth)
    fprintf(j->f, "\n%*s", (int)j->depth, "");
  j->filled = true;
  if (key) {
    put_string(j, key);
    fputs(": ", j->f);
  }
}

static void begin(struct jsonw *j, const char *key, char bracket) {
  element(j, key);
  fputc(bracket, j->f);
  j->depth++;
  j->filled = false;
}

void json_object(struct jsonw *j, const char *key) { begin(j, key, '{'); }

void json_array(struct jsonw *j, const char *key) { begin(j, key, '['); }

static void begin_inline(struct jsonw *j, const char *key, char bracket) {
  begin(j, key, bracket);
  if (!j->inline_depth)
    j->inline_depth = j->depth;
}

void json_object_inline(struct jsonw *j, const char *key) {
  begin_inline(j, key, '{');
}

void json_array_inline(struct jsonw *j, const char *key) {
  begin_inline(j, key, '[');
}

void json_end(struct jsonw *j, char bracket) {
  if (j->filled && !j->inline_depth)
    fprintf(j->f, "\n%*s", (int)j->depth - 1, "");
  fputc(bracket, j->f);
  if (j->inline_depth == j->depth)
    j->inline_depth = 0;
  j->depth--;
  j->filled = true;
  if (j->depth == 0)
    fputc('\n', j->f);
}

void json_string(struct jsonw *j, const char *key, const char *value) {
  element(j, key);
  put_string(j, value);
}

void json_number(struct jsonw *j, const char *key, uint64_t value) {
  element(j, key);
  fprintf(j->f, "%" PRIu64, value);
}

void json_real(struct jsonw *j, const char *key, double value) {
  element(j, key);
  fprintf(j->f, "%.6f", value);
}

void json_bool(struct jsonw *j, const char *key, bool value) {
  element(j, key);
  fputs(value ? "true" : "false", j->f);
}

void json_hex(struct jsonw *j, const char *key, uint64_t value, int digits) {
  element(j, key);
  fprintf(j->f, "\"0x%0*" PRIx64 "\"", digits, value);
}
