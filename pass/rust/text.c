/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* text.c - the text of a name while it grows, and its letters */
#include "text.h"

#include <stdlib.h>
#include <string.h>

void kcov8i_rust_put(struct rust_text *t, const char *s, size_t n) {
  if (t->quiet || t->failed)
    return;
  /* Back references let a short forged name expand without end. */
  if (n > RUST_MAX_TEXT - t->n) {
    t->failed = true;
    return;
  }
  if (t->n + n >= t->room) {
    size_t room = 2 * (t->n + n) + 64;
    char *more = realloc(t->s, room);
    if (!more) {
      t->failed = true;
      return;
    }
    t->s = more;
    t->room = room;
  }
  memcpy(t->s + t->n, s, n);
  t->n += n;
}

void kcov8i_rust_puts(struct rust_text *t, const char *s) {
  kcov8i_rust_put(t, s, strlen(s));
}

void kcov8i_rust_put_char(struct rust_text *t, uint32_t c) {
  char utf8[4];
  size_t n = 0;
  if (c < 0x80) {
    utf8[n++] = (char)c;
  } else if (c < 0x800) {
    utf8[n++] = (char)(0xc0 | c >> 6);
    utf8[n++] = (char)(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    utf8[n++] = (char)(0xe0 | c >> 12);
    utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    utf8[n++] = (char)(0x80 | (c & 0x3f));
  } else {
    utf8[n++] = (char)(0xf0 | (c >> 18 & 7));
    utf8[n++] = (char)(0x80 | (c >> 12 & 0x3f));
    utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    utf8[n++] = (char)(0x80 | (c & 0x3f));
  }
  kcov8i_rust_put(t, utf8, n);
}

bool kcov8i_rust_is_digit(char c) { return c >= '0' && c <= '9'; }

int kcov8i_rust_hex_digit(char c) {
  if (kcov8i_rust_is_digit(c))
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
