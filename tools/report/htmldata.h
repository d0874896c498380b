/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * htmldata.h - the data of an HTML report
 *
 * A page that is opened from a disk may load scripts, but nothing else. So each
 * file is one call: kcov8("NAME", JSON). What NAME holds is said in
 * html/data.js, which reads it.
 */
#ifndef KCOV8_HTMLDATA_H
#define KCOV8_HTMLDATA_H

#include <stdio.h>

#include "report/coverage.h"
#include "report/parts.h"
#include "report/testsets.h"

/* Tests in one file of totals. */
#define HTML_TESTS_PER_FILE 64

/**
 * struct html_totals - what each test reached of each file
 * @tests: by test: FILE, BLOCKS, FUNCTIONS, LINES, and so on, by file
 */
struct html_totals {
  struct html_total {
    uint32_t *numbers;
    size_t n, cap;
  } * tests;
  size_t n_tests;
};

/**
 * struct html_data - what the pages are made of
 * @root: as of report_writer
 * @reach: NULL if tests are not told apart
 * @missing: sources that were not found, so far; @first_missing: to be freed
 */
struct html_data {
  const struct coverage *cov;
  const struct reach *reach;
  const char *root;
  struct parts parts;
  struct testsets sets;
  struct html_totals totals;
  size_t missing;
  char *first_missing;
};

/* Call html_put_file() for every file first: what it finds is in the others. */
void html_put_file(FILE *f, struct html_data *data, uint32_t file,
                   bool *has_text);
void html_put_index(FILE *f, const struct html_data *data,
                    const bool *has_text);
void html_put_functions(FILE *f, const struct html_data *data);
void html_put_tests(FILE *f, const struct html_data *data);
void html_put_totals(FILE *f, const struct html_data *data, size_t first);

#endif /* KCOV8_HTMLDATA_H */
