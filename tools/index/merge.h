/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* merge.h - one index into another */
#ifndef KCOV8_MERGE_H
#define KCOV8_MERGE_H

#include <stdbool.h>

#include "index/index.h"

/*
 * index_merge() - add all that @from has to @to
 * Of each test the later run stays. Inside a transaction of @to.
 * @tell: NULL, or called with @ctx after each test
 * Return: true; false after a message.
 */
bool index_merge(struct index *to, struct index *from, void (*tell)(void *ctx),
                 void *ctx);

#endif /* KCOV8_MERGE_H */
