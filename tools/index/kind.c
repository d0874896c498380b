// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* kind.c - endings, names and directories that projects agree on */
#include "index/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_one_of(const char *s, size_t len, const char *const *list) {
  for (; *list; list++)
    if (strlen(*list) == len && strncasecmp(s, *list, len) == 0)
      return true;
  return false;
}

static const char *const sources[] = {"c",  "cc", "cpp", "cxx", "c++", "m",
                                      "mm", "rs", "s",   "inl", NULL};
static const char *const headers[] = {"h",   "hh",  "hpp", "hxx", "h++",
                                      "inc", "def", "ipp", "tpp", NULL};
static const char *const builds[] = {"mk",  "cmake", "am",    "ac",
                                     "m4",  "in",    "bazel", "bzl",
                                     "gyp", "ninja", "build", NULL};
static const char *const build_names[] = {
    "Makefile", "GNUmakefile", "CMakeLists.txt", "configure", "meson.build",
    "BUILD",    "Kconfig",     "Kbuild",         NULL};
static const char *const docs[] = {
    "md",  "rst", "adoc", "txt",       "html",
    "css", "tex", "texi", "1",         "2",
    "3",   "4",   "5",    "6",         "7",
    "8",   "png", "svg",  "jpg",       "pdf",
    "gif", "yml", "yaml", "gitignore", "gitattributes",
    NULL};
static const char *const doc_names[] = {
    "LICENSE", "COPYING", "AUTHORS", "NEWS",    "ChangeLog", "CHANGES",
    "README",  "TODO",    "THANKS",  "INSTALL", NULL};
static const char *const doc_dirs[] = {"doc",     "docs",          "man",
                                       ".github", "documentation", NULL};
static const char *const test_dirs[] = {
    "test",  "tests",   "t",         "testsuite",  "testdata", "fuzz",
    "bench", "regress", "unittests", "benchmarks", NULL};

static bool in_one_of(const char *path, const char *const *dirs) {
  for (const char *slash; (slash = strchr(path, '/')); path = slash + 1)
    if (is_one_of(path, (size_t)(slash - path), dirs))
      return true;
  return false;
}

enum kind kind_of(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const char *dot = strrchr(name, '.'), *ending = dot ? dot + 1 : "";
  size_t n = strlen(ending), len = strlen(name);
  if (is_one_of(ending, n, sources))
    return KIND_SOURCE;
  if (is_one_of(ending, n, headers))
    return KIND_HEADER;
  if (in_one_of(path, test_dirs))
    return KIND_TEST;
  if (is_one_of(name, len, build_names) || is_one_of(ending, n, builds))
    return KIND_BUILD;
  if (is_one_of(ending, n, docs) || in_one_of(path, doc_dirs) ||
      is_one_of(name, dot ? (size_t)(dot - name) : len, doc_names))
    return KIND_DOC;
  return KIND_OTHER;
}
