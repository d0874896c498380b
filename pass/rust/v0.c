/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * v0.c - rustc's v0 mangling (the compiler's book, "v0 Symbol Format";
 * RFC 2603): paths, types, constants
 */
#include "v0.h"

#include <string.h>

static void put_path(struct rust_reader *r, bool value);
static void put_type(struct rust_reader *r);
static void put_const(struct rust_reader *r);

/* "B" base62: what stands there, again. */
static void put_back_reference(struct rust_reader *r,
                               void (*again)(struct rust_reader *r, bool value),
                               bool value) {
  const char *tag = r->at - 1;
  uint64_t to = kcov8i_v0_base62(r);
  if (r->bad || to >= (uint64_t)(tag - r->start)) {
    r->bad = true;
    return;
  }
  if (r->t->quiet)
    return; /* its text is not wanted, and it was read before */
  const char *back = r->at;
  r->at = r->start + to;
  again(r, value);
  r->at = back;
}

static void type_again(struct rust_reader *r, bool value) {
  (void)value;
  put_type(r);
}

static void const_again(struct rust_reader *r, bool value) {
  (void)value;
  put_const(r);
}

/* ---- Paths ---- */

/* [disambiguator] path: where an impl block stands. Not told: others come and
 * go. */
static void skip_impl_path(struct rust_reader *r) {
  kcov8i_v0_optional_number(r, 's');
  r->t->quiet++;
  put_path(r, false);
  r->t->quiet--;
}

static void put_generic_argument(struct rust_reader *r) {
  if (kcov8i_v0_take(r, 'L'))
    kcov8i_v0_put_lifetime(r, kcov8i_v0_base62(r));
  else if (kcov8i_v0_take(r, 'K'))
    put_const(r);
  else
    put_type(r);
}

static void put_arguments(struct rust_reader *r) {
  for (bool first = true; !kcov8i_v0_take(r, 'E') && !r->bad; first = false) {
    if (!first)
      kcov8i_v0_puts(r, ", ");
    put_generic_argument(r);
  }
}

static void put_nested(struct rust_reader *r, bool value) {
  char space = kcov8i_v0_take_any(r);
  put_path(r, value);
  uint64_t which = kcov8i_v0_optional_number(r, 's');
  struct rust_word w = kcov8i_v0_read_word(r);
  if (space >= 'A' && space <= 'Z') {
    kcov8i_v0_puts(r, "::{");
    if (space == 'C')
      kcov8i_v0_puts(r, "closure");
    else if (space == 'S')
      kcov8i_v0_puts(r, "shim");
    else
      kcov8i_rust_put_char(r->t, (uint32_t)space);
    if (w.n) {
      kcov8i_v0_puts(r, ":");
      kcov8i_v0_put_word(r, w);
    }
    kcov8i_v0_puts(r, "#");
    kcov8i_v0_put_number(r, which);
    kcov8i_v0_puts(r, "}");
  } else if (space < 'a' || space > 'z') {
    r->bad = true;
  } else if (w.n) {
    kcov8i_v0_puts(r, "::");
    kcov8i_v0_put_word(r, w);
  }
}

static void put_path(struct rust_reader *r, bool value) {
  if (!kcov8i_v0_enter(r))
    return;
  char tag = kcov8i_v0_take_any(r);
  switch (tag) {
  case 'C': /* a crate; its hash is not told */
    kcov8i_v0_optional_number(r, 's');
    kcov8i_v0_put_word(r, kcov8i_v0_read_word(r));
    break;
  case 'M':
  case 'X':
    skip_impl_path(r);
    /* fall through */
  case 'Y':
    kcov8i_v0_puts(r, "<");
    put_type(r);
    if (tag != 'M') {
      kcov8i_v0_puts(r, " as ");
      put_path(r, false);
    }
    kcov8i_v0_puts(r, ">");
    break;
  case 'N':
    put_nested(r, value);
    break;
  case 'I':
    put_path(r, value);
    kcov8i_v0_puts(r, value ? "::<" : "<");
    put_arguments(r);
    kcov8i_v0_puts(r, ">");
    break;
  case 'B':
    put_back_reference(r, put_path, value);
    break;
  default:
    r->bad = true;
  }
  r->depth--;
}

/* ---- Types ---- */

static const char *basic_type(char tag) {
  static const char *const names[26] = {
      "i8",    "bool", "char", "f64", "str",  "f32",  NULL,  "u8", "isize",
      "usize", NULL,   "i32",  "u32", "i128", "u128", "_",   NULL, NULL,
      "i16",   "u16",  "()",   "...", NULL,   "i64",  "u64", "!"};
  return tag >= 'a' && tag <= 'z' ? names[tag - 'a'] : NULL;
}

static void put_reference(struct rust_reader *r, const char *after) {
  kcov8i_v0_puts(r, "&");
  if (kcov8i_v0_take(r, 'L')) {
    uint64_t index = kcov8i_v0_base62(r);
    if (index) {
      kcov8i_v0_put_lifetime(r, index);
      kcov8i_v0_puts(r, " ");
    }
  }
  kcov8i_v0_puts(r, after);
  put_type(r);
}

static void put_tuple(struct rust_reader *r) {
  unsigned n = 0;
  kcov8i_v0_puts(r, "(");
  for (; !kcov8i_v0_take(r, 'E') && !r->bad; n++) {
    if (n)
      kcov8i_v0_puts(r, ", ");
    put_type(r);
  }
  kcov8i_v0_puts(r, n == 1 ? ",)" : ")");
}

static void put_abi(struct rust_reader *r) {
  kcov8i_v0_puts(r, "extern \"");
  if (kcov8i_v0_take(r, 'C')) {
    kcov8i_v0_puts(r, "C");
  } else {
    struct rust_word w = kcov8i_v0_read_word(r);
    for (size_t i = 0; i < w.n; i++) /* a dash is not for symbols */
      kcov8i_rust_put(r->t, w.s[i] == '_' ? "-" : &w.s[i], 1);
  }
  kcov8i_v0_puts(r, "\" ");
}

static void put_function_type(struct rust_reader *r) {
  uint64_t bound = kcov8i_v0_put_binder(r);
  if (kcov8i_v0_take(r, 'U'))
    kcov8i_v0_puts(r, "unsafe ");
  if (kcov8i_v0_take(r, 'K'))
    put_abi(r);
  kcov8i_v0_puts(r, "fn(");
  for (bool first = true; !kcov8i_v0_take(r, 'E') && !r->bad; first = false) {
    if (!first)
      kcov8i_v0_puts(r, ", ");
    put_type(r);
  }
  kcov8i_v0_puts(r, ")");
  if (!kcov8i_v0_take(r, 'u')) { /* () is left out */
    kcov8i_v0_puts(r, " -> ");
    put_type(r);
  }
  r->lifetimes -= bound;
}

/*
 * A path whose closing bracket waits for associated types. Returns whether a
 * bracket is open.
 */
static bool put_open_path(struct rust_reader *r, bool value) {
  (void)value;
  bool open = false;
  if (!kcov8i_v0_enter(r))
    return false;
  if (kcov8i_v0_take(r, 'B')) {
    const char *tag = r->at - 1;
    uint64_t to = kcov8i_v0_base62(r);
    if (r->bad || to >= (uint64_t)(tag - r->start)) {
      r->bad = true;
    } else if (!r->t->quiet) {
      const char *back = r->at;
      r->at = r->start + to;
      open = put_open_path(r, false);
      r->at = back;
    }
  } else if (kcov8i_v0_take(r, 'I')) {
    put_path(r, false);
    kcov8i_v0_puts(r, "<");
    put_arguments(r);
    open = true;
  } else {
    put_path(r, false);
  }
  r->depth--;
  return open;
}

static void put_dyn(struct rust_reader *r) {
  kcov8i_v0_puts(r, "dyn ");
  uint64_t bound = kcov8i_v0_put_binder(r);
  for (bool first = true; !kcov8i_v0_take(r, 'E') && !r->bad; first = false) {
    if (!first)
      kcov8i_v0_puts(r, " + ");
    bool open = put_open_path(r, false);
    while (kcov8i_v0_take(r, 'p')) {
      kcov8i_v0_puts(r, open ? ", " : "<");
      open = true;
      kcov8i_v0_put_word(r, kcov8i_v0_read_word(r));
      kcov8i_v0_puts(r, " = ");
      put_type(r);
    }
    if (open)
      kcov8i_v0_puts(r, ">");
  }
  r->lifetimes -= bound;
  if (!kcov8i_v0_take(r, 'L')) {
    r->bad = true;
    return;
  }
  uint64_t index = kcov8i_v0_base62(r);
  if (index) {
    kcov8i_v0_puts(r, " + ");
    kcov8i_v0_put_lifetime(r, index);
  }
}

static void put_type(struct rust_reader *r) {
  if (!kcov8i_v0_enter(r))
    return;
  char tag = kcov8i_v0_take_any(r);
  switch (tag) {
  case 'A':
  case 'S':
    kcov8i_v0_puts(r, "[");
    put_type(r);
    if (tag == 'A') {
      kcov8i_v0_puts(r, "; ");
      put_const(r);
    }
    kcov8i_v0_puts(r, "]");
    break;
  case 'T':
    put_tuple(r);
    break;
  case 'R':
  case 'Q':
    put_reference(r, tag == 'R' ? "" : "mut ");
    break;
  case 'P':
  case 'O':
    kcov8i_v0_puts(r, tag == 'P' ? "*const " : "*mut ");
    put_type(r);
    break;
  case 'F':
    put_function_type(r);
    break;
  case 'D':
    put_dyn(r);
    break;
  case 'B':
    put_back_reference(r, type_again, false);
    break;
  default:
    if (basic_type(tag)) {
      kcov8i_v0_puts(r, basic_type(tag));
    } else {
      r->at -= !r->bad;
      put_path(r, false);
    }
  }
  r->depth--;
}

/* ---- Constants ---- */

static void put_const(struct rust_reader *r) {
  if (!kcov8i_v0_enter(r))
    return;
  char tag = kcov8i_v0_take_any(r);
  if (tag == 'B') {
    put_back_reference(r, const_again, false);
  } else if (tag == 'p') {
    kcov8i_v0_puts(r, "_");
  } else if (tag == 'b') {
    kcov8i_v0_put_bool(r);
  } else if (tag == 'c') {
    kcov8i_v0_put_character(r);
  } else if (tag && strchr("ahijlmnostxy", tag)) {
    kcov8i_v0_put_integer(r);
  } else {
    r->bad = true; /* strings, structs: for unstable features only */
  }
  r->depth--;
}

/* ---- All of it ---- */

const char *kcov8i_rust_put_v0(struct rust_text *t, const char *name) {
  struct rust_reader r = {.t = t, .start = name + 2, .at = name + 2};
  put_path(&r, true);
  if (*r.at >= 'A' && *r.at <= 'Z') { /* whose instance it is: not told */
    t->quiet++;
    put_path(&r, false);
    t->quiet--;
  }
  if (*r.at && *r.at != '.')
    r.bad = true;
  return r.bad ? NULL : r.at;
}
