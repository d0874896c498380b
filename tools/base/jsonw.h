/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * jsonw.h - a writer of JSON that cannot be malformed
 *
 * Keys are NULL inside arrays. 64-bit IDs and PCs are strings ("0x..."): most
 * readers keep numbers as doubles.
 */
#ifndef KCOV8_JSONW_H
#define KCOV8_JSONW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct jsonw {
  FILE *f;
  unsigned int depth;
  bool filled;               /* the innermost array or object has an element */
  unsigned int inline_depth; /* depth of the outermost one, 0: inside none */
};

void json_object(struct jsonw *j, const char *key);
void json_array(struct jsonw *j, const char *key);
/* On one line: */
void json_object_inline(struct jsonw *j, const char *key);
void json_array_inline(struct jsonw *j, const char *key);
void json_end(struct jsonw *j, char bracket);
void json_string(struct jsonw *j, const char *key, const char *value);
void json_number(struct jsonw *j, const char *key, uint64_t value);
void json_real(struct jsonw *j, const char *key, double value); /* finite */
void json_bool(struct jsonw *j, const char *key, bool value);
void json_hex(struct jsonw *j, const char *key, uint64_t value, int digits);

/* Bytes of the UTF-8 sequence at @s, which a NUL ends; 0 if there is none. */
int utf8_length(const char *s);

/* write_utf8() - @s with every byte that is not UTF-8 as U+FFFD */
void write_utf8(FILE *f, const char *s,
                void (*put)(FILE *f, const char *c, int len));

#endif /* KCOV8_JSONW_H */
