// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * cobertura.c - the report as Cobertura XML (coverage-04.dtd)
 *
 * A package is a directory, a class is a file. Branches are none: blocks are
 * not branches. SOURCE_DATE_EPOCH sets the time stamp, as reproducible builds
 * expect.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/jsonw.h"
#include "report/report.h"
#include "report/sources.h"

static void put_xml(FILE *f, const char *c, int len) {
  switch (*c) {
  case '&':
    fputs("&amp;", f);
    break;
  case '<':
    fputs("&lt;", f);
    break;
  case '>':
    fputs("&gt;", f);
    break;
  case '"':
    fputs("&quot;", f);
    break;
  default:
    /* U+FFFE and U+FFFF are in UTF-8, but not in XML. */
    if (len == 3 && memcmp(c, "\xef\xbf", 2) == 0 &&
        ((unsigned char)c[2] & 0xfe) == 0xbe)
      c = "\xef\xbf\xbd";
    fprintf(f, "%.*s", len, c);
  }
}

static void put_attribute(FILE *f, const char *name, const char *value) {
  fprintf(f, " %s=\"", name);
  write_utf8(f, value, put_xml);
  fputc('"', f);
}

static void put_rates(FILE *f, struct cov_ratio lines) {
  double rate = lines.total ? (double)lines.hit / (double)lines.total : 0.0;
  fprintf(f, " line-rate=\"%.4f\" branch-rate=\"0.0\"", rate);
}

static void put_line(FILE *f, uint32_t line, uint64_t count) {
  fprintf(
      f, "<line number=\"%" PRIu32 "\" hits=\"%" PRIu64 "\" branch=\"false\"/>",
      line, count);
}

static void put_class(FILE *f, const struct cov_file *file) {
  const char *name = strrchr(file->path, '/');
  fputs("    <class", f);
  put_attribute(f, "name", name ? name + 1 : file->path);
  put_attribute(f, "filename", file->path);
  put_rates(f, file->n_lines);
  fputs(" complexity=\"0.0\">\n     <methods>\n", f);
  for (size_t i = 0; i < file->n_funcs.total; i++) {
    const struct cov_func *fn = &file->funcs[i];
    if (!fn->line)
      continue;
    fputs("      <method", f);
    put_attribute(f, "name", fn->func->display);
    fputs(" signature=\"\"", f);
    put_rates(f, fn->blocks);
    fputs(" complexity=\"0.0\"><lines>", f);
    put_line(f, fn->line, fn->count.n);
    fputs("</lines></method>\n", f);
  }
  fputs("     </methods>\n     <lines>\n", f);
  for (size_t i = 0; i < file->n_lines.total; i++) {
    fputs("      ", f);
    put_line(f, file->lines[i].line, file->lines[i].count.n);
    fputc('\n', f);
  }
  fputs("     </lines>\n    </class>\n", f);
}

static size_t directory_len(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) : 0;
}

static bool same_package(const char *a, const char *b) {
  size_t len = directory_len(a);
  return directory_len(b) == len && strncmp(a, b, len) == 0;
}

/*
 * Files [first, end) that share a directory. Sorted paths keep a directory's
 * files apart when a subdirectory sorts between them, so files are collected
 * from the whole rest, and each package starts at its first file.
 */
static void put_package(FILE *f, const struct coverage *cov, size_t first) {
  const char *path = cov->files[first].path;
  struct cov_ratio lines = {0};
  for (size_t i = first; i < cov->n_files; i++)
    if (report_has_source(&cov->files[i]) &&
        same_package(path, cov->files[i].path)) {
      lines.hit += cov->files[i].n_lines.hit;
      lines.total += cov->files[i].n_lines.total;
    }
  char *name = strndup(path, directory_len(path));
  fputs("  <package", f);
  put_attribute(f, "name", name && *name ? name : ".");
  free(name);
  put_rates(f, lines);
  fputs(" complexity=\"0.0\">\n   <classes>\n", f);
  for (size_t i = first; i < cov->n_files; i++)
    if (report_has_source(&cov->files[i]) &&
        same_package(path, cov->files[i].path))
      put_class(f, &cov->files[i]);
  fputs("   </classes>\n  </package>\n", f);
}

static bool starts_package(const struct coverage *cov, size_t file) {
  if (!report_has_source(&cov->files[file]))
    return false;
  for (size_t i = 0; i < file; i++)
    if (report_has_source(&cov->files[i]) &&
        same_package(cov->files[i].path, cov->files[file].path))
      return false;
  return true;
}

void report_cobertura(const struct coverage *cov, const char *root,
                      const struct output *out) {
  FILE *f = out->f;
  const char *epoch = getenv("SOURCE_DATE_EPOCH");
  uint64_t now = epoch ? strtoull(epoch, NULL, 10) : (uint64_t)time(NULL);
  struct cov_ratio lines = {0};
  for (size_t i = 0; i < cov->n_files; i++)
    if (report_has_source(&cov->files[i])) {
      lines.hit += cov->files[i].n_lines.hit;
      lines.total += cov->files[i].n_lines.total;
    }
  fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE coverage SYSTEM "
        "\"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n"
        "<coverage",
        f);
  put_rates(f, lines);
  fprintf(f,
          " lines-covered=\"%" PRIu64 "\" lines-valid=\"%" PRIu64
          "\" branches-covered=\"0\" branches-valid=\"0\" complexity=\"0.0\""
          " version=\"kcov8\" timestamp=\"%" PRIu64 "\">\n"
          " <sources><source>",
          lines.hit, lines.total, now);
  write_utf8(f, *root ? root : "/", put_xml);
  fputs("</source></sources>\n <packages>\n", f);
  for (size_t i = 0; i < cov->n_files; i++)
    if (starts_package(cov, i))
      put_package(f, cov, i);
  fputs(" </packages>\n</coverage>\n", f);
}
