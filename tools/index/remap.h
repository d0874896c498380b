/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* remap.h - what tests reached in one build, for another one */
#ifndef KCOV8_INDEX_REMAP_H
#define KCOV8_INDEX_REMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "index/index.h"
#include "match/match.h"

/**
 * struct index_remap - what index_remap() did
 * @n_tests: tests of the old build
 * @reached: by block of the old build: one of them reached it
 */
struct index_remap {
  uint64_t n_tests;
  bool *reached;
};

/*
 * index_remap() - carry hits of the build m->from to m->to
 * What a test reached in functions that are the same needs no carrying and
 * stays where it is; of others, blocks that were found again by a tier up to
 * @last come into table carried. Blocks without a match are not there: the old
 * hits stay and tell that nothing is known of them. @ix gets the new build, if
 * it has it not. Inside a transaction. Return: true; false after a message.
 * index_remap_free() is due in either case.
 */
bool index_remap(struct index *ix, const struct match *m, enum tier last,
                 struct index_remap *out);
void index_remap_free(struct index_remap *out);

#endif /* KCOV8_INDEX_REMAP_H */
