// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* jsdata.c - pieces of JSON, without blanks, for scripts */
#include "report/jsdata.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/jsonw.h"

static void put_escaped(FILE *f, unsigned char c) {
  if (c == '\n')
    fputs("\\n", f);
  else if (c == '\t')
    fputs("\\t", f);
  else if (c == '"' || c == '\\')
    fprintf(f, "\\%c", c);
  else
    fprintf(f, "\\u%04x", c);
}

void js_string(FILE *f, const char *s, size_t len) {
  fputc('"', f);
  for (size_t i = 0; i < len;) {
    const unsigned char c = (unsigned char)s[i];
    const int n = utf8_length(s + i);
    if (!n)
      fprintf(f, "\\udc%02x", c);
    else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
      put_escaped(f, c);
    else
      fwrite(s + i, 1, (size_t)n, f);
    i += n ? (size_t)n : 1;
  }
  fputc('"', f);
}

void js_text(FILE *f, const char *s) { js_string(f, s, strlen(s)); }

void js_number(FILE *f, uint64_t n) {
  const uint64_t most = UINT64_C(1) << 53;
  fprintf(f, "%" PRIu64, n < most ? n : most);
}

/* ---- Sets ---- */

/* Where @bits are no longer @value, from @i on. */
static size_t end_of_run(const uint64_t *bits, size_t n_bits, size_t i,
                         bool value) {
  while (i < n_bits) {
    uint64_t differ = (value ? ~bits[i / 64] : bits[i / 64]) >> i % 64;
    if (differ)
      return i + (size_t)__builtin_ctzll(differ);
    i += 64 - i % 64;
  }
  return n_bits;
}

static int digits(size_t n) {
  int len = 1;
  while (n /= 10)
    len++;
  return len;
}

/* Writes runs to @f, unless it is NULL. Return: how long they are. */
static size_t put_runs(FILE *f, const uint64_t *bits, size_t n_bits) {
  size_t len = 2, at = 0;
  for (;;) {
    size_t first = end_of_run(bits, n_bits, at, false);
    if (first == n_bits)
      return len;
    size_t end = end_of_run(bits, n_bits, first, true);
    if (f)
      fprintf(f, "%s%zu,%zu", at ? "," : "", first - at, end - first);
    len += (size_t)digits(first - at) + (size_t)digits(end - first) + 2;
    at = end;
  }
}

static void put_base64(FILE *f, const uint64_t *bits, size_t n_bytes) {
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n_bytes; i += 3) {
    uint32_t three = 0;
    for (size_t b = i; b < i + 3; b++)
      three = three << 8 |
              (b < n_bytes ? (uint8_t)(bits[b / 8] >> 8 * (b % 8)) : 0);
    fputc(digit[three >> 18], f);
    fputc(digit[three >> 12 & 63], f);
    fputc(i + 1 < n_bytes ? digit[three >> 6 & 63] : '=', f);
    fputc(i + 2 < n_bytes ? digit[three & 63] : '=', f);
  }
}

void js_set(FILE *f, const uint64_t *bits, size_t n_words) {
  const size_t n_bytes = n_words * sizeof(*bits);
  if (put_runs(NULL, bits, n_bytes * 8) <= n_bytes * 4 / 3 + 4) {
    fputc('[', f);
    put_runs(f, bits, n_bytes * 8);
    fputc(']', f);
  } else {
    fputc('"', f);
    put_base64(f, bits, n_bytes);
    fputc('"', f);
  }
}
