// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* sources.c - what stands for a source file, where it is, and its text */
#include "report/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tool.h"

/* A browser takes longer to show more than anyone to read it. */
#define MAX_SOURCE (32 << 20)

bool report_has_source(const struct cov_file *file) {
  return file->n_lines.total && strcmp(file->path, "?") != 0;
}

char *report_absolute(const char *root, const char *path) {
  return path[0] == '/' ? xstrndup(path, strlen(path))
                        : xasprintf("%s/%s", root, path);
}

static char *read_file(const char *path, size_t *len, const char **why) {
  struct stat st;
  if (stat(path, &st) < 0) {
    *why = strerror(errno);
    return NULL;
  }
  *why = !S_ISREG(st.st_mode)      ? "it is no file"
         : st.st_size > MAX_SOURCE ? "it is larger than 32 MiB"
                                   : NULL;
  FILE *f = *why ? NULL : fopen(path, "re");
  if (!f) {
    *why = *why ? *why : strerror(errno);
    return NULL;
  }
  char *text = xcalloc((size_t)st.st_size + 1, 1);
  *len = fread(text, 1, (size_t)st.st_size, f);
  fclose(f);
  return text;
}

char *report_read_source(const char *root, const char *path, size_t *len,
                         const char **why) {
  *why = "its path is not known";
  if (strcmp(path, "?") == 0)
    return NULL;
  char *absolute = report_absolute(root, path);
  char *text = read_file(absolute, len, why);
  free(absolute);
  return text;
}

const char *source_line(const char **text, uint32_t *at, uint32_t number) {
  for (; *text && *at < number; ++*at) {
    const char *end = strchr(*text, '\n');
    *text = end && end[1] ? end + 1 : NULL;
  }
  return *text;
}

size_t source_line_len(const char *line) {
  size_t len = strcspn(line, "\n");
  while (len && line[len - 1] == '\r')
    len--;
  return len;
}
