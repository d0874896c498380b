/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* report.h - the formats of a report, one file each */
#ifndef KCOV8_REPORT_H
#define KCOV8_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "coverage.h"
#include "output.h"

/*
 * @root: what relative paths start from: absolute, without a final slash, so
 * "" is the root directory
 */
void report_text(const struct coverage *cov, const struct output *out);
void report_lcov(const struct coverage *cov, const char *root, FILE *f);
void report_json(const struct coverage *cov, FILE *f);
void report_cobertura(const struct coverage *cov, const char *root, FILE *f);

/*
 * report_html() - genhtml writes to directory @dir
 * Return: true; false after a message.
 */
bool report_html(const struct coverage *cov, const char *root, const char *dir);

/* Whether @path stands for a file, and so for lines, at all. */
bool report_has_source(const struct cov_file *file);

/* To be freed. */
char *report_absolute(const char *root, const char *path);

#endif /* KCOV8_REPORT_H */
