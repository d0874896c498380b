/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * rust-names.c - which of rustc's manglings a name has, and the legacy one
 */
#define _GNU_SOURCE
#include "rust-names.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "v0.h"

/* ---- Legacy ---- */

/* One part of a path: its length and its text. NULL at the end of the path. */
static const char *next_part(const char **at, size_t *len) {
  const char *s = *at;
  size_t n = 0;
  if (!kcov8i_rust_is_digit(*s) || *s == '0')
    return NULL;
  while (kcov8i_rust_is_digit(*s) && n < RUST_MAX_NAME)
    n = 10 * n + (size_t)(*s++ - '0');
  if (strnlen(s, n) < n)
    return NULL;
  *len = n;
  *at = s + n;
  return s;
}

static bool is_hash(const char *s, size_t len) {
  if (len != 17 || s[0] != 'h')
    return false;
  for (size_t i = 1; i < len; i++)
    if (kcov8i_rust_hex_digit(s[i]) < 0)
      return false;
  return true;
}

/* Where the path ends: _ZN, parts of which the last is the hash, E. */
static const char *legacy_end(const char *name) {
  if (strncmp(name, "_ZN", 3) != 0)
    return NULL;
  const char *at = name + 3, *part = NULL, *last = NULL;
  size_t len = 0, last_len = 0, parts = 0;
  while ((part = next_part(&at, &len))) {
    last = part;
    last_len = len;
    parts++;
  }
  bool whole = at[0] == 'E' && (at[1] == 0 || at[1] == '.');
  return parts >= 2 && is_hash(last, last_len) && whole ? at : NULL;
}

/* $LT$ and its like at s; their length, 0 if it is none. */
static size_t put_escape(struct rust_text *t, const char *s, size_t len) {
  static const struct {
    const char *escape, *text;
  } table[] = {{"$SP$", "@"}, {"$BP$", "*"}, {"$RF$", "&"}, {"$LT$", "<"},
               {"$GT$", ">"}, {"$LP$", "("}, {"$RP$", ")"}, {"$C$", ","}};
  for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
    size_t n = strlen(table[i].escape);
    if (n <= len && memcmp(s, table[i].escape, n) == 0) {
      kcov8i_rust_puts(t, table[i].text);
      return n;
    }
  }
  if (len < 4 || s[1] != 'u')
    return 0;
  uint32_t c = 0;
  size_t i = 2;
  for (; i < len && i < 8 && kcov8i_rust_hex_digit(s[i]) >= 0; i++)
    c = 16 * c + (uint32_t)kcov8i_rust_hex_digit(s[i]);
  if (i == 2 || i == len || s[i] != '$' || c < ' ' || c > 0x10ffff)
    return 0;
  kcov8i_rust_put_char(t, c);
  return i + 1;
}

static void put_legacy_part(struct rust_text *t, const char *s, size_t len) {
  const char *end = s + len;
  if (len >= 2 && s[0] == '_' && s[1] == '$')
    s++; /* no identifier begins with a $ */
  while (s < end) {
    size_t n = *s == '$' ? put_escape(t, s, (size_t)(end - s)) : 0;
    if (!n && s[0] == '.' && s + 1 < end && s[1] == '.') {
      kcov8i_rust_puts(t, "::");
      n = 2;
    }
    if (!n) {
      kcov8i_rust_put(t, s, 1);
      n = 1;
    }
    s += n;
  }
}

static const char *put_legacy(struct rust_text *t, const char *name) {
  const char *end = legacy_end(name), *at = name + 3, *part;
  size_t len;
  bool first = true;
  if (!end)
    return NULL;
  while ((part = next_part(&at, &len)) && at != end) {
    if (!first)
      kcov8i_rust_puts(t, "::");
    put_legacy_part(t, part, len);
    first = false;
  }
  return end + 1;
}

/* ---- Both ---- */

enum kcov8_rust_mangling kcov8_rust_mangling(const char *name) {
  if (name[0] == '_' && name[1] == 'R' && name[2] && strchr("CMXYNIB", name[2]))
    return KCOV8_RUST_V0;
  return legacy_end(name) ? KCOV8_RUST_LEGACY : KCOV8_RUST_NONE;
}

char *kcov8_rust_demangle(const char *name) {
  struct rust_text t = {0};
  if (strnlen(name, RUST_MAX_NAME) >= RUST_MAX_NAME)
    return NULL;
  const enum kcov8_rust_mangling mangling = kcov8_rust_mangling(name);
  const char *rest = mangling == KCOV8_RUST_V0 ? kcov8i_rust_put_v0(&t, name)
                     : mangling == KCOV8_RUST_LEGACY ? put_legacy(&t, name)
                                                     : NULL;
  /* What LLVM put behind it: .llvm.N is as good as nothing. */
  if (rest && *rest && strncmp(rest, ".llvm.", 6) != 0)
    kcov8i_rust_puts(&t, rest);
  kcov8i_rust_put(&t, "", 1);
  if (!rest || t.failed) {
    free(t.s);
    return NULL;
  }
  return t.s;
}
