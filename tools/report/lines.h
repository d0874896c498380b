/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* lines.h - counts of blocks become counts of lines */
#ifndef KCOV8_LINES_H
#define KCOV8_LINES_H

#include "report/coverage.h"

/*
 * make_lines() - fill in @cov->files[].lines, n_lines, at_least and
 * n_without_lines
 * @wanted: by index in @cov->paths, which is that in @cov->files yet
 */
void make_lines(struct coverage *cov, const bool *wanted);

#endif /* KCOV8_LINES_H */
