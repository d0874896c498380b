/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* v0-leaf.c - rules of the v0 grammar that need no other rules */
#define _GNU_SOURCE
#include "v0.h"

#include <string.h>

void kcov8i_v0_puts(struct rust_reader *r, const char *s) {
  kcov8i_rust_puts(r->t, s);
}

bool kcov8i_v0_take(struct rust_reader *r, char c) {
  if (r->bad || *r->at != c)
    return false;
  r->at++;
  return true;
}

char kcov8i_v0_take_any(struct rust_reader *r) {
  if (r->bad || !*r->at) {
    r->bad = true;
    return 0;
  }
  return *r->at++;
}

enum { MAX_DEPTH = 200 };

/* Deep, or long by way of back references: forged. */
bool kcov8i_v0_enter(struct rust_reader *r) {
  if (++r->depth > MAX_DEPTH || ++r->steps > RUST_MAX_TEXT || r->t->failed)
    r->bad = true;
  return !r->bad;
}

/* ---- Numbers and identifiers ---- */

/* {digit} "_": one more than its digits say, or 0 without any. */
uint64_t kcov8i_v0_base62(struct rust_reader *r) {
  uint64_t x = 0;
  if (kcov8i_v0_take(r, '_'))
    return 0;
  while (!kcov8i_v0_take(r, '_')) {
    char c = kcov8i_v0_take_any(r);
    uint64_t d = kcov8i_rust_is_digit(c) ? (uint64_t)(c - '0')
                 : c >= 'a' && c <= 'z'  ? (uint64_t)(c - 'a') + 10
                 : c >= 'A' && c <= 'Z'  ? (uint64_t)(c - 'A') + 36
                                         : UINT64_MAX;
    if (r->bad || d == UINT64_MAX || x > (UINT64_MAX - d) / 62 - 1) {
      r->bad = true;
      return 0;
    }
    x = 62 * x + d;
  }
  return x + 1;
}

/* "s" base62, or nothing: which of several equal names. */
uint64_t kcov8i_v0_optional_number(struct rust_reader *r, char tag) {
  if (!kcov8i_v0_take(r, tag))
    return 0;
  uint64_t x = kcov8i_v0_base62(r);
  return r->bad ? 0 : x + 1;
}

struct rust_word kcov8i_v0_read_word(struct rust_reader *r) {
  struct rust_word w = {.punycode = kcov8i_v0_take(r, 'u')};
  if (r->bad || !kcov8i_rust_is_digit(*r->at)) {
    r->bad = true;
    return w;
  }
  if (!kcov8i_v0_take(r, '0'))
    while (kcov8i_rust_is_digit(*r->at) && w.n < RUST_MAX_NAME)
      w.n = 10 * w.n + (size_t)(*r->at++ - '0');
  kcov8i_v0_take(r, '_');
  if (strnlen(r->at, w.n) < w.n) {
    r->bad = true;
    w.n = 0;
    return w;
  }
  w.s = r->at;
  r->at += w.n;
  return w;
}

/* Identifiers outside ASCII stay encoded: few have any, and none is lost. */
void kcov8i_v0_put_word(struct rust_reader *r, struct rust_word w) {
  if (w.punycode)
    kcov8i_v0_puts(r, "punycode{");
  if (w.n)
    kcov8i_rust_put(r->t, w.s, w.n);
  if (w.punycode)
    kcov8i_v0_puts(r, "}");
}

void kcov8i_v0_put_number(struct rust_reader *r, uint64_t x) {
  char digits[24], *s = digits + sizeof(digits);
  *--s = 0;
  do
    *--s = (char)('0' + x % 10);
  while (x /= 10);
  kcov8i_v0_puts(r, s);
}

/* ---- Lifetimes ---- */

void kcov8i_v0_put_lifetime(struct rust_reader *r, uint64_t index) {
  if (index > r->lifetimes) {
    r->bad = true;
    return;
  }
  if (index == 0) {
    kcov8i_v0_puts(r, "'_");
    return;
  }
  uint64_t depth = r->lifetimes - index;
  kcov8i_v0_puts(r, "'");
  if (depth < 26) {
    kcov8i_rust_put_char(r->t, (uint32_t)('a' + depth));
  } else {
    kcov8i_v0_puts(r, "_");
    kcov8i_v0_put_number(r, depth);
  }
}

/* ["G" base62]: new lifetimes; the caller takes them back. */
uint64_t kcov8i_v0_put_binder(struct rust_reader *r) {
  uint64_t n = kcov8i_v0_optional_number(r, 'G');
  if (n > 100) {
    r->bad = true;
    return 0;
  }
  if (!n)
    return 0;
  kcov8i_v0_puts(r, "for<");
  for (uint64_t i = 0; i < n && !r->bad; i++) {
    if (i)
      kcov8i_v0_puts(r, ", ");
    r->lifetimes++;
    kcov8i_v0_put_lifetime(r, 1);
  }
  kcov8i_v0_puts(r, "> ");
  return n;
}

/* ---- Constants ---- */

/* {hex digit} "_". *x: the value if it has 64 bits at most. */
static struct rust_word read_hex(struct rust_reader *r, uint64_t *x) {
  struct rust_word w = {.s = r->at};
  *x = 0;
  while (!kcov8i_v0_take(r, '_')) {
    int d = kcov8i_rust_hex_digit(kcov8i_v0_take_any(r));
    if (r->bad || d < 0) {
      r->bad = true;
      return w;
    }
    *x = *x << 4 | (uint64_t)d;
    w.n++;
  }
  return w;
}

void kcov8i_v0_put_bool(struct rust_reader *r) {
  uint64_t x;
  read_hex(r, &x);
  kcov8i_v0_puts(r, x ? "true" : "false");
}

void kcov8i_v0_put_integer(struct rust_reader *r) {
  uint64_t x;
  if (kcov8i_v0_take(r, 'n'))
    kcov8i_v0_puts(r, "-");
  struct rust_word w = read_hex(r, &x);
  if (w.n <= 16) {
    kcov8i_v0_put_number(r, x);
  } else {
    kcov8i_v0_puts(r, "0x");
    kcov8i_rust_put(r->t, w.s, w.n);
  }
}

void kcov8i_v0_put_character(struct rust_reader *r) {
  uint64_t x;
  struct rust_word w = read_hex(r, &x);
  if (w.n > 6 || x > 0x10ffff || (x >= 0xd800 && x < 0xe000)) {
    r->bad = true;
    return;
  }
  kcov8i_v0_puts(r, "'");
  if (x == '\'' || x == '\\')
    kcov8i_v0_puts(r, "\\");
  if (x < ' ' || x == 0x7f) {
    kcov8i_v0_puts(r, "\\u{");
    kcov8i_rust_put(r->t, w.s, w.n);
    kcov8i_v0_puts(r, "}");
  } else {
    kcov8i_rust_put_char(r->t, (uint32_t)x);
  }
  kcov8i_v0_puts(r, "'");
}
