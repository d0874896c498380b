/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kcov8-clang, kcov8-clang++ - clang with the kcov8 pass, for builds that only
 * let you set CC and CXX
 *
 * Passes every argument on to clang, and adds
 *   - the plugins, if a source file is compiled (not for assembler files,
 *     -E, -M, -fsyntax-only, headers, links);
 *   - the runtime, if a program is linked (not with -r, -shared, -nostdlib,
 *     -nodefaultlibs);
 *   - a look at the linked file for filter rules that matched in no object.
 * Plugins, runtime and `kcov8` are found beside the wrapper: DIR/bin, DIR/lib.
 */
#define _GNU_SOURCE
#include "option-table.h"
#include "wrapper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KCOV8_CLANG
#error "KCOV8_CLANG: the clang of the LLVM that the pass was built for"
#endif

static char *beside(const char *relative) {
  static char exe[PATH_MAX];
  if (!exe[0]) {
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (n < 0)
      die("/proc/self/exe", strerror(errno));
    exe[n] = 0;
    *strrchr(exe, '/') = 0; /* DIR/bin */
    char *slash = strrchr(exe, '/');
    if (slash)
      *slash = 0;
  }
  char *path;
  if (asprintf(&path, "%s/%s", exe, relative) < 0)
    die("memory", strerror(ENOMEM));
  return path;
}

static char *needed(const char *relative) {
  char *path = beside(relative);
  if (access(path, R_OK) != 0)
    die(path, "not found: kcov8's bin/ and lib/ belong together");
  return path;
}

static int run(char *const argv[]) {
  pid_t pid = fork();
  if (pid == 0) {
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s: %s\n", self, argv[0], strerror(errno));
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) < 0)
    die(argv[0], strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Rules that matched in no object: said once, after a link. */
static void check_rules(const char *output) {
  char *tool = beside("bin/kcov8");
  char *const argv[] = {tool, "stat", "--unmatched", (char *)output, NULL};
  if (access(tool, X_OK) == 0 && access(output, R_OK) == 0) {
    /* Its findings go to stderr: stdout is the compiler's. */
    fflush(NULL);
    int out = dup(1);
    dup2(2, 1);
    run(argv);
    dup2(out, 1);
    close(out);
  }
  free(tool);
}

/* What the wrapper itself takes; none of it reaches the pass. */
static const char help[] =
    "  --kcov8-no-runtime\n"
    "      do not link the runtime\n"
    "  --kcov8-show\n"
    "      print the clang command, run nothing\n"
    "  --kcov8-help[=markdown]\n"
    "      print this, or the tables of docs/options.md\n"
    "\n"
    "Environment: KCOV8_OPTIONS (options of the pass without --kcov8-, "
    "separated\n"
    "by blanks), KCOV8_CLANG (the clang to run). Everything else is clang's: "
    "see\n"
    "`clang --help`.\n";

static int print_help(void) {
  printf("usage: kcov8-clang [--kcov8-OPTION[=VALUE]...] CLANG-ARGUMENTS...\n"
         "       kcov8-clang++ likewise, for C++\n"
         "\n"
         "Compiles with kcov8's coverage pass and links kcov8's runtime into\n"
         "programs. Use it as CC and CXX. Options (docs/options.md):\n\n");
  kcov8_options_help(stdout, "--kcov8-");
  printf("\nOf the wrapper:\n\n%s", help);
  return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv) {
  self = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  size_t name = strlen(self);
  bool cxx = name >= 2 && strcmp(self + name - 2, "++") == 0;
  if (argc == 2 && strcmp(argv[1], "--help") == 0)
    return print_help();
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--kcov8-help") == 0)
      return print_help();
    if (strcmp(argv[i], "--kcov8-help=markdown") == 0) {
      kcov8_options_markdown(stdout);
      return fflush(stdout) ? 1 : 0;
    }
  }

  struct args seen = {0}, pass = {0}, out = {0};
  add(&seen, argv[0]);
  for (int i = 1; i < argc; i++)
    expand(&seen, &pass, argv[i], 0);
  struct request r = understand(&seen);

  const char *clang = getenv("KCOV8_CLANG");
  add(&out, clang && *clang ? clang : KCOV8_CLANG);
  if (cxx)
    add(&out, "--driver-mode=g++");
  if (r.compiles) {
    char *options = needed("lib/kcov8-options.so");
    char *plugin = needed("lib/kcov8-pass.so");
    addf(&out, "-fplugin=%s", options);
    addf(&out, "-fplugin=%s", plugin); /* ccache hashes this one only */
    addf(&out, "-fpass-plugin=%s", plugin);
  }
  bool show = false;
  for (size_t i = 0; i < pass.n; i++) {
    const char *s = pass.v[i];
    if (!starts(s, "--kcov8-"))
      add(&out, s);
    else if (strcmp(s, "--kcov8-show") == 0)
      show = true;
    else if (strcmp(s, "--kcov8-no-runtime") != 0 && r.compiles)
      addf(&out, "-fplugin-arg-kcov8-%s", s + strlen("--kcov8-"));
  }
  if (r.program) {
    /* Pulled in even if nothing is instrumented: it says so at exit. The two
     * symbols are for instrumented libraries that the program dlopens. */
    add(&out, "-Wl,-u,__kcov8_image_register");
    add(&out, "-Wl,--export-dynamic-symbol=__kcov8_image_register");
    add(&out, "-Wl,--export-dynamic-symbol=__kcov8_image_unregister");
    add(&out, "-Xlinker"); /* not an input: -x LANGUAGE must not apply */
    add(&out, needed("lib/libkcov8.a"));
    add(&out, "-pthread");
  }
  if (r.links && !r.gold) /* tables of functions that were collected go too */
    add(&out, "-Wl,-z,start-stop-gc");

  if (show) {
    for (size_t i = 0; i < out.n; i++)
      printf("%s%c", out.v[i], i + 1 < out.n ? ' ' : '\n');
    return fflush(stdout) ? 1 : 0;
  }
  if (r.program) {
    int status = run(out.v);
    if (status == 0)
      check_rules(r.output);
    return status;
  }
  execvp(out.v[0], out.v);
  die(out.v[0], strerror(errno));
}
