/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* find.c - the tree of the running program, its plugins, their clangs */
#include "setup/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef KCOV8_BUILT_CLANG
#error "KCOV8_BUILT_CLANG, KCOV8_BUILT_LLVM: the clang for which kcov8 is built"
#endif

bool setup_prefix(char prefix[PATH_MAX]) {
  ssize_t n = readlink("/proc/self/exe", prefix, PATH_MAX - 1);
  if (n < 0)
    return false;
  prefix[n] = 0;
  for (int up = 0; up < 2; up++) { /* the program, then bin */
    char *slash = strrchr(prefix, '/');
    if (slash)
      *slash = 0;
  }
  return true;
}

static void set(char path[PATH_MAX], int length) {
  if (length < 0 || length >= PATH_MAX)
    path[0] = 0;
}

void setup_path(char path[PATH_MAX], const char *prefix, const char *relative) {
  set(path, snprintf(path, PATH_MAX, "%s/%s", prefix, relative));
}

void setup_plugin(char path[PATH_MAX], const char *prefix, unsigned major,
                  const char *name) {
  set(path,
      snprintf(path, PATH_MAX, "%s/lib/llvm-%u/lib/%s", prefix, major, name));
}

size_t setup_majors(const char *prefix, unsigned majors[SETUP_MAJORS]) {
  size_t n = 0;
  char path[PATH_MAX];
  for (unsigned major = SETUP_NEWEST; major >= SETUP_OLDEST; major--) {
    setup_plugin(path, prefix, major, "kcov8-pass.so");
    if (access(path, R_OK) == 0)
      majors[n++] = major;
  }
  return n;
}

static bool is_program(const char *path) {
  struct stat st;
  return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool setup_in_path(char path[PATH_MAX], const char *name) {
  if (strchr(name, '/')) {
    set(path, snprintf(path, PATH_MAX, "%s", name));
    return is_program(path);
  }
  const char *dir = getenv("PATH");
  dir = dir ? dir : "/bin:/usr/bin";
  for (;; dir++) {
    int n = (int)strcspn(dir, ":");
    if (n)
      set(path, snprintf(path, PATH_MAX, "%.*s/%s", n, dir, name));
    else
      set(path, snprintf(path, PATH_MAX, "./%s", name));
    if (is_program(path))
      return true;
    dir += n;
    if (!*dir)
      return false;
  }
}

bool setup_clang(char path[PATH_MAX], const char *prefix, unsigned major) {
  if (major == KCOV8_BUILT_LLVM && setup_in_path(path, KCOV8_BUILT_CLANG))
    return true;
  const char *const roots[] = {prefix, "/usr"};
  for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
    set(path,
        snprintf(path, PATH_MAX, "%s/lib/llvm-%u/bin/clang", roots[i], major));
    if (is_program(path))
      return true;
  }
  char name[32];
  snprintf(name, sizeof(name), "clang-%u", major);
  return setup_in_path(path, name);
}

bool setup_default_clang(char path[PATH_MAX], const char *prefix) {
  unsigned majors[SETUP_MAJORS];
  size_t n = setup_majors(prefix, majors);
  for (size_t i = 0; i < n; i++)
    if (setup_clang(path, prefix, majors[i]))
      return true;
  return setup_in_path(path, "clang");
}
