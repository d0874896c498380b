/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* sources.h - what stands for a source file, and where it is */
#ifndef KCOV8_SOURCES_H
#define KCOV8_SOURCES_H

#include <stdbool.h>

#include "report/coverage.h"

/* Whether @file->path stands for a file, and so for lines, at all. */
bool report_has_source(const struct cov_file *file);

/* @path, if it is relative, under @root (report.h). To be freed. */
char *report_absolute(const char *root, const char *path);

#endif /* KCOV8_SOURCES_H */
