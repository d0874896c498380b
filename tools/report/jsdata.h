/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* jsdata.h - pieces of JSON, without blanks, for scripts */
#ifndef KCOV8_JSDATA_H
#define KCOV8_JSDATA_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * js_string() - @s, of @len bytes, quoted
 * A byte that is not UTF-8 becomes one character, U+DC00 + byte: columns count
 * bytes, and two names that differ stay different. @s[@len] is NUL.
 */
void js_string(FILE *f, const char *s, size_t len);
void js_text(FILE *f, const char *s); /* up to its NUL */

/* Numbers above 2^53 are not exact in a script: that is the largest. */
void js_number(FILE *f, uint64_t n);

/*
 * js_set() - a bitmap of @n_words words: the shorter one of
 * [SKIP,N,SKIP,N,...], runs of members, and "BASE64" of its bytes, bit 0 first
 */
void js_set(FILE *f, const uint64_t *bits, size_t n_words);

#endif /* KCOV8_JSDATA_H */
