/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * linemap.h - where the lines of the old build are in the new one
 *
 * No source is needed: blocks that were found again tell for their lines. Of
 * other lines those around them do, if they moved alike.
 */
#ifndef KCOV8_LINEMAP_H
#define KCOV8_LINEMAP_H

#include "match/match.h"

/* Line @line of file @file is line @to_line of @to_file. */
struct line_pair {
  uint32_t file, line, to_file, to_line;
};

/**
 * struct line_map - what most blocks say, for each line
 * @there: by old line
 * @back:  turned round, old for new, by new line
 */
struct line_map {
  struct line_pair *there, *back;
  size_t n_there, n_back;
};

void line_map_make(struct line_map *map, const struct match *m);
void line_map_free(struct line_map *map);

/* Where a line of the old build, or (@back) of the new one, is in the other. */
bool line_map_find(const struct line_map *map, bool back, uint32_t file,
                   uint32_t line, struct line_pair *found);

#endif /* KCOV8_LINEMAP_H */
