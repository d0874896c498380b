/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* pieces.h - which part of a line is whose, if it has several */
#ifndef KCOV8_PIECES_H
#define KCOV8_PIECES_H

#include "report/parts.h"

/**
 * struct pieces - of one line, from its first character that is no blank on
 * @all: @n of them; @from: offset in the line, ascending; @part: index in
 *       parts.parts
 */
struct pieces {
  struct piece {
    uint32_t from, part;
  } * all;
  size_t n;
};

/*
 * pieces_make() - @n is 0 if the line does not have several parts with columns
 * @of, @index: the line; @number: of it; @text: its @len bytes
 */
void pieces_make(struct pieces *pieces, const struct parts *parts,
                 const struct line_parts *of, size_t index, uint32_t number,
                 const char *text, size_t len);
void pieces_free(struct pieces *pieces);

#endif /* KCOV8_PIECES_H */
