/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* sources.h - what stands for a source file, where it is, and its text */
#ifndef KCOV8_SOURCES_H
#define KCOV8_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/coverage.h"

/* Whether @file->path stands for a file, and so for lines, at all. */
bool report_has_source(const struct cov_file *file);

/* @path, if it is relative, under @root (report.h). To be freed. */
char *report_absolute(const char *root, const char *path);

/*
 * report_read_source() - the bytes of a source, and a NUL; to be freed
 * Return: NULL with the reason in @why, which is a constant.
 */
char *report_read_source(const char *root, const char *path, size_t *len,
                         const char **why);

/*
 * source_line() - where line @number begins; NULL: behind the end
 * @text: where line *@at begins; both are moved. Lines are asked for in order.
 */
const char *source_line(const char **text, uint32_t *at, uint32_t number);

/* Bytes of the line at @line, without its end. */
size_t source_line_len(const char *line);

#endif /* KCOV8_SOURCES_H */
