/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * v0.h - reading a v0 name
 *
 * A function per rule of the grammar. Each puts the text of what it read; on
 * malformed input it sets `bad`, and everything else returns as soon as it can.
 */
#ifndef KCOV8_PASS_RUST_V0_H
#define KCOV8_PASS_RUST_V0_H

#include "text.h"

struct rust_reader {
  struct rust_text *t;
  const char *start; /* behind _R: back references count from here */
  const char *at;
  uint64_t lifetimes; /* bound by the binders around */
  unsigned depth, steps;
  bool bad;
};

struct rust_word {
  const char *s;
  size_t n;
  bool punycode;
};

void kcov8i_v0_puts(struct rust_reader *r, const char *s);
bool kcov8i_v0_take(struct rust_reader *r, char c);
char kcov8i_v0_take_any(struct rust_reader *r);
bool kcov8i_v0_enter(struct rust_reader *r);
uint64_t kcov8i_v0_base62(struct rust_reader *r);
uint64_t kcov8i_v0_optional_number(struct rust_reader *r, char tag);
struct rust_word kcov8i_v0_read_word(struct rust_reader *r);
void kcov8i_v0_put_word(struct rust_reader *r, struct rust_word w);
void kcov8i_v0_put_number(struct rust_reader *r, uint64_t x);
void kcov8i_v0_put_lifetime(struct rust_reader *r, uint64_t index);
uint64_t kcov8i_v0_put_binder(struct rust_reader *r);
void kcov8i_v0_put_bool(struct rust_reader *r);
void kcov8i_v0_put_integer(struct rust_reader *r);
void kcov8i_v0_put_character(struct rust_reader *r);

/* Puts the path of a v0 name. Returns what stands behind it; NULL: malformed.
 */
const char *kcov8i_rust_put_v0(struct rust_text *t, const char *name);

#endif /* KCOV8_PASS_RUST_V0_H */
