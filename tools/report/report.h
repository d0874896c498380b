/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* report.h - the formats of a report, one file each */
#ifndef KCOV8_REPORT_H
#define KCOV8_REPORT_H

#include <stdbool.h>

#include "base/output.h"
#include "report/coverage.h"
#include "report/reach.h"

/*
 * @root: what relative paths start from: absolute, without a final slash, so
 * "" is the root directory
 */
typedef void report_writer(const struct coverage *cov, const char *root,
                           const struct output *out);

report_writer report_text, report_lcov, report_json, report_jsonl,
    report_cobertura;

/*
 * report_show() - the text of files, with what ran
 * @asked: PATH, PATH:LINE or PATH:FIRST-LAST; the end of a path will do
 * Return: true; false after a message.
 */
bool report_show(const struct coverage *cov, const char *root,
                 const struct output *out, const struct reach *reach,
                 const char *const *asked, size_t n_asked);

/*
 * report_html() - pages in directory @dir, which is new, empty or such a report
 * @reach: what each test reached; NULL, or of one: not told apart
 * Return: true; false after a message.
 */
bool report_html(const struct coverage *cov, const char *root, const char *dir,
                 const struct reach *reach);

#endif /* KCOV8_REPORT_H */
