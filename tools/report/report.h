/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* report.h - the formats of a report, one file each */
#ifndef KCOV8_REPORT_H
#define KCOV8_REPORT_H

#include <stdbool.h>

#include "base/output.h"
#include "report/coverage.h"

/*
 * @root: what relative paths start from: absolute, without a final slash, so
 * "" is the root directory
 */
typedef void report_writer(const struct coverage *cov, const char *root,
                           const struct output *out);

report_writer report_text, report_lcov, report_json, report_cobertura;

/*
 * report_html() - genhtml writes to directory @dir
 * Return: true; false after a message.
 */
bool report_html(const struct coverage *cov, const char *root, const char *dir);

#endif /* KCOV8_REPORT_H */
