/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* text.h - what the readers of both Rust manglings write into */
#ifndef KCOV8_PASS_RUST_TEXT_H
#define KCOV8_PASS_RUST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of real programs stay far below. */
enum { RUST_MAX_NAME = 1 << 16, RUST_MAX_TEXT = 1 << 20 };

struct rust_text {
  char *s; /* no zero at the end yet */
  size_t n, room;
  unsigned quiet; /* > 0: what is put is not wanted */
  bool failed;    /* no memory, or too much text */
};

void kcov8i_rust_put(struct rust_text *t, const char *s, size_t n);
void kcov8i_rust_puts(struct rust_text *t, const char *s);
void kcov8i_rust_put_char(struct rust_text *t, uint32_t c); /* as UTF-8 */

bool kcov8i_rust_is_digit(char c);
int kcov8i_rust_hex_digit(char c); /* lower case; -1: none */

#endif /* KCOV8_PASS_RUST_TEXT_H */
