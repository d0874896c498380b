/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * parts.c - which clang, and kcov8's own parts that go with it
 *
 * Each thing that can be wrong with them is said in one sentence.
 */
#define _GNU_SOURCE
#include "kcov8/kcov8.h"
#include "setup/setup.h"
#include "wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Looked for by `kcov8 doctor`. */
__attribute__((used)) static const char version[] =
    KCOV8_VERSION_TAG KCOV8_VERSION;

static const char *prefix(void) {
  static char found[PATH_MAX];
  if (!found[0] && !setup_prefix(found))
    die("/proc/self/exe", strerror(errno));
  return found;
}

char *part(const char *relative) {
  char path[PATH_MAX];
  setup_path(path, prefix(), relative);
  return need(strdup(path));
}

/* "LLVM 19 or 14", of which there are plugins; "" if there are none. */
static char *which_llvm(void) {
  unsigned majors[SETUP_MAJORS];
  size_t n = setup_majors(prefix(), majors);
  char *text = need(strdup(""));
  for (size_t i = 0; i < n; i++) {
    const char *join = !i ? "LLVM " : i + 1 < n ? ", " : " or ";
    char *more;
    if (asprintf(&more, "%s%s%u", text, join, majors[i]) < 0)
      die("memory", strerror(ENOMEM));
    free(text);
    text = more;
  }
  return text;
}

static char *format(const char *text, ...)
    __attribute__((format(printf, 1, 2)));

static char *format(const char *text, ...) {
  char *out;
  va_list ap;
  va_start(ap, text);
  if (vasprintf(&out, text, ap) < 0)
    die("memory", strerror(ENOMEM));
  va_end(ap);
  return out;
}

/* A link named clang, perhaps: it would start itself without end. */
static bool is_wrapper(const char *path) {
  struct stat ours, theirs;
  return stat("/proc/self/exe", &ours) == 0 && stat(path, &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

char *choose_clang(const char *given) {
  char path[PATH_MAX];
  const char *from = "--kcov8-clang";
  if (!given) {
    given = getenv("KCOV8_CLANG");
    from = "KCOV8_CLANG";
  }
  if (given && *given) {
    if (!setup_in_path(path, given))
      die(given, format("there is no such program (%s)", from));
    if (is_wrapper(path))
      die(given, format("it is this wrapper itself: name a clang (%s)", from));
    return need(strdup(given));
  }
  if (setup_default_clang(path, prefix()) && !is_wrapper(path))
    return need(strdup(path));
  const char *llvm = which_llvm();
  if (!*llvm)
    die("no clang found, and no plugin of kcov8",
        "install kcov8-llvm-N, which brings clang-N");
  die("no clang found", format("install the clang of %s, or name one with "
                               "--kcov8-clang=CLANG",
                               llvm));
}

/* Installed are only other LLVMs, or none. */
static void no_plugin(const char *clang, unsigned major)
    __attribute__((noreturn));

static void no_plugin(const char *clang, unsigned major) {
  const char *llvm = which_llvm(), *mend = "";
  if (major >= SETUP_OLDEST && major <= SETUP_NEWEST)
    mend = format("install kcov8-llvm-%u%s", major, *llvm ? ", or " : "");
  else if (!*llvm)
    mend = format("kcov8 knows LLVM %d to %d", SETUP_OLDEST, SETUP_NEWEST);
  die(clang,
      format("it is of LLVM %u, for which kcov8 has no plugin in %s/lib: %s%s",
             major, prefix(), mend,
             *llvm ? format("take the clang of %s (--kcov8-clang=CLANG)", llvm)
                   : ""));
}

/* Parts that were installed at different times. */
static void check_version(const char *path) {
  char found[SETUP_VERSION];
  if (!setup_part_version(path, found))
    die(path, "no part of kcov8, or of a version before 0.1.0: install it "
              "again");
  if (strcmp(found, KCOV8_VERSION) != 0)
    die(path, format("it is of kcov8 %s, and %s of " KCOV8_VERSION
                     ": install all parts in one version",
                     found, self));
}

void find_plugins(struct plugins *p, const char *clang, unsigned major) {
  char path[PATH_MAX];
  setup_plugin(path, prefix(), major, "kcov8-pass.so");
  if (access(path, R_OK) != 0)
    no_plugin(clang, major);
  check_version(path);
  p->pass = need(strdup(path));
  setup_plugin(path, prefix(), major, "kcov8-options.so");
  if (access(path, R_OK) != 0)
    die(path, format("not found, but kcov8-pass.so beside it is: install "
                     "kcov8-llvm-%u again",
                     major));
  check_version(path);
  p->options = need(strdup(path));
}

char *find_library(const char *name) {
  char *path = part(name);
  if (access(path, R_OK) != 0)
    die(path, "not found, it is kcov8's runtime: install libkcov8-dev, or "
              "link without it (--kcov8-no-runtime)");
  check_version(path);
  return path;
}

/* What clang says of plugins that it cannot load names symbols of C++. */
void explain_failure(const char *clang, const struct plugins *p) {
  struct args with = {0}, without = {0};
  static const char *const nothing[] = {"-x",        "c",  "-c",
                                        "/dev/null", "-o", "/dev/null"};
  add(&with, clang);
  add(&without, clang);
  addf(&with, "-fplugin=%s", p->options);
  addf(&with, "-fpass-plugin=%s", p->pass);
  for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++) {
    add(&with, nothing[i]);
    add(&without, nothing[i]);
  }
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  /* A wrong option fails, too, and the pass has said so. */
  unsetenv("KCOV8_OPTIONS");
  unsetenv("KCOV8_WRAPPER_OPTIONS");
  if (null >= 0 && run(with.v, null, null) != 0 &&
      run(without.v, null, null) == 0)
    fprintf(stderr,
            "%s: %s: it cannot load kcov8's plugins: it was built without "
            "plugin support, or from other sources than the LLVM that the "
            "plugins are for; take another with --kcov8-clang=CLANG\n",
            self, clang);
  close(null);
}
