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
 *   - what hands a library to the program's runtime, if a shared library is
 *     linked that must have no undefined symbols (-z defs);
 *   - a look at the linked file for filter rules that matched in no object.
 * clang is the one that is named, or the newest that has plugins (parts.c).
 * Plugins, runtime and `kcov8` are found beside the wrapper: setup/setup.h.
 */
#define _GNU_SOURCE
#include "kcov8/abi.h"
#include "option-table.h"
#include "wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rules that matched in no object: said once, after a link. */
static void check_rules(const char *output) {
  char *tool = part("bin/kcov8");
  char *const argv[] = {tool, "stat", "--unmatched", (char *)output, NULL};
  /* Its findings go to stderr: stdout is the compiler's. */
  if (access(tool, X_OK) == 0 && access(output, R_OK) == 0)
    run(argv, 2, 2);
  free(tool);
}

/* Not gold. Others take the option, or warn. */
static bool can_collect_tables(const char *linker) {
  char *const argv[] = {(char *)linker, "-z", "start-stop-gc", "--version",
                        NULL};
  int null = open("/dev/null", O_WRONLY);
  bool can = null >= 0 && run(argv, null, null) == 0;
  close(null);
  return can;
}

/* What the wrapper itself takes; none of it reaches the pass. */
static const char help[] =
    "  --kcov8-clang=CLANG\n"
    "      the clang to run (default: KCOV8_CLANG, or the newest that has a "
    "plugin)\n"
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

/* Options of ours. */
struct own {
  struct args options; /* of the pass, without --kcov8- */
  const char *clang;
  bool show, no_runtime;
};

/* Takes them out of @a. */
static struct own take_own(struct args *a) {
  struct own own = {0};
  size_t n = 0;
  for (size_t i = 0; i < a->n; i++) {
    const char *s = a->v[i];
    if (!starts(s, "--kcov8-"))
      a->v[n++] = a->v[i];
    else if (starts(s, "--kcov8-clang="))
      own.clang = s + strlen("--kcov8-clang=");
    else if (strcmp(s, "--kcov8-show") == 0)
      own.show = true;
    else if (strcmp(s, "--kcov8-no-runtime") == 0)
      own.no_runtime = true;
    else
      add(&own.options, s + strlen("--kcov8-"));
  }
  a->n = n;
  return own;
}

/* Behind -- all words are inputs: without it, options can follow. */
static void add_inputs_plainly(struct args *out, const struct args *a) {
  bool inputs = false;
  for (size_t i = 0; i < a->n; i++) {
    if (inputs && a->v[i][0] == '-')
      addf(out, "./%s", a->v[i]);
    else if (inputs || strcmp(a->v[i], "--") != 0)
      add(out, a->v[i]);
    else
      inputs = true;
  }
}

static void add_plugins(struct args *out, const struct own *own,
                        const struct plugins *plugins) {
  addf(out, "-fplugin=%s", plugins->options);
  addf(out, "-fplugin=%s", plugins->pass); /* ccache hashes this one only */
  addf(out, "-fpass-plugin=%s", plugins->pass);
  /* Twice: frontend plugins do not see the steps that begin with LLVM IR. */
  unsetenv("KCOV8_WRAPPER_OPTIONS");
  struct args text = {0};
  addf(&text, "%s", "");
  for (size_t i = 0; i < own->options.n; i++) {
    addf(out, "-fplugin-arg-kcov8-%s", own->options.v[i]);
    addf(&text, "%s%s\n", text.v[text.n - 1], own->options.v[i]);
  }
  if (own->options.n)
    setenv("KCOV8_WRAPPER_OPTIONS", text.v[text.n - 1], 1);
}

/* <kcov8/kcov8.h>, behind every other directory. */
static void add_headers(struct args *out) {
  char *include = part("include");
  if (access(include, R_OK) == 0)
    addf(out, "-idirafter%s", include);
}

static void add_libraries(struct args *out, const struct request *r) {
  if (r->program) {
    /* Pulled in even if nothing is instrumented: it says so at exit. What is
     * exported is for instrumented libraries that the program dlopens. */
    static const char *const exported[] = {
        KCOV8_REGISTER_SYMBOL, KCOV8_UNREGISTER_SYMBOL, KCOV8_CMP_GATE_SYMBOL,
        KCOV8_CMP_SYMBOL,      KCOV8_SWITCH_SYMBOL,     KCOV8_FIRST_SYMBOL,
        KCOV8_FIRST_IN_SYMBOL};
    add(out, "-Wl,-u," KCOV8_REGISTER_SYMBOL);
    for (size_t i = 0; i < sizeof(exported) / sizeof(*exported); i++)
      addf(out, "-Wl,--export-dynamic-symbol=%s", exported[i]);
    add(out, "-Xlinker"); /* not an input: -x LANGUAGE must not apply */
    add(out, find_library("lib/libkcov8.a"));
    add(out, "-lpthread"); /* -pthread would also change what is compiled */
  }
  if (r->defs) {
    add(out, "-Xlinker");
    add(out, find_library("lib/libkcov8-library.a"));
    add(out, "-ldl"); /* a part of libc today */
  }
  if (can_collect_tables(r->linker)) /* of functions that were collected */
    add(out, "-Wl,-z,start-stop-gc");
}

int main(int argc, char **argv) {
  signal(SIGCHLD, SIG_DFL); /* ignored by who started us: wait would fail */
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

  struct args seen = {0}, pass = {0};
  for (int i = 1; i < argc; i++)
    expand(&seen, &pass, argv[i]);
  struct own own = take_own(&pass);
  char *clang = choose_clang(own.clang);
  struct args plain = {0};
  add(&plain, clang);
  if (cxx)
    add(&plain, "--driver-mode=g++");
  const size_t given = plain.n;
  add_inputs_plainly(&plain, &pass);

  struct request r = {0};
  struct plugins plugins = {0};
  struct args out = plain;
  if (understand(&r, &plain)) {
    static const char *const bare[] = {"-nostdlib", "--no-standard-libraries",
                                       "-nodefaultlibs", NULL};
    r.program &= !own.no_runtime;
    r.defs &= !own.no_runtime;
    for (size_t i = 0; i < seen.n; i++)
      r.program &= !among(seen.v[i], bare);
    out = (struct args){0};
    for (size_t i = 0; i < given; i++)
      add(&out, plain.v[i]);
    if (r.compiles) {
      find_plugins(&plugins, clang, r.llvm);
      add_plugins(&out, &own, &plugins);
    }
    if (r.by_way_of_ir) { /* no_sanitize("coverage") must be in the IR */
      add(&out, "-Xclang");
      add(&out, "-fsanitize-coverage-indirect-calls");
    }
    if (r.includes)
      add_headers(&out);
    for (size_t i = given; i < plain.n; i++)
      add(&out, plain.v[i]);
    if (r.links)
      add_libraries(&out, &r);
    if (r.preprocessed && !r.compiles && under_ccache())
      make_relative(&out, r.preprocessed);
  }

  if (own.show) {
    for (size_t i = 0; i < out.n; i++)
      printf("%s%c", out.v[i], i + 1 < out.n ? ' ' : '\n');
    return fflush(stdout) ? 1 : 0;
  }
  static const char *const only_print[] = {"-###", NULL};
  for (size_t i = 0; i < seen.n; i++)
    r.program &= !among(seen.v[i], only_print);
  out = shorten(&out);
  if (r.program || r.compiles) {
    int status = run(out.v, 1, 2);
    if (status == 0 && r.program)
      check_rules(r.output);
    if (status != 0 && r.compiles)
      explain_failure(clang, &plugins);
    return status;
  }
  execvp(out.v[0], out.v);
  die(out.v[0], strerror(errno));
}
