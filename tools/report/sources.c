// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* sources.c - what stands for a source file, and where it is */
#include "report/sources.h"

#include <string.h>

#include "base/tool.h"

bool report_has_source(const struct cov_file *file) {
  return file->n_lines.total && strcmp(file->path, "?") != 0;
}

char *report_absolute(const char *root, const char *path) {
  return path[0] == '/' ? xstrndup(path, strlen(path))
                        : xasprintf("%s/%s", root, path);
}
