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
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KCOV8_CLANG
#error "KCOV8_CLANG: the clang of the LLVM that the pass was built for"
#endif

static const char *self; /* as called, for messages */

struct args {
  char **v;
  size_t n, room;
};

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s: %s\n", self, what, why);
  exit(2);
}

static void *need(void *p) {
  if (!p)
    die("memory", strerror(ENOMEM));
  return p;
}

static void add(struct args *a, const char *text) {
  if (a->n + 2 > a->room) {
    a->room = a->room ? 2 * a->room : 64;
    a->v = need(realloc(a->v, a->room * sizeof(*a->v)));
  }
  a->v[a->n++] = need(strdup(text));
  a->v[a->n] = NULL;
}

__attribute__((format(printf, 2, 3))) static void
addf(struct args *a, const char *format, ...) {
  char *text;
  va_list ap;
  va_start(ap, format);
  int n = vasprintf(&text, format, ap);
  va_end(ap);
  if (n < 0)
    die("memory", strerror(ENOMEM));
  add(a, text);
  free(text);
}

static bool starts(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool among(const char *s, const char *const *list) {
  for (; *list; list++)
    if (strcmp(s, *list) == 0)
      return true;
  return false;
}

/* ---- Response files --------------------------------------------------------
 */

/* Split as clang does: blanks separate, quotes group, backslash escapes. */
static void add_words(struct args *out, const char *text) {
  char *word = need(malloc(strlen(text) + 1));
  while (*text) {
    if (isspace((unsigned char)*text)) {
      text++;
      continue;
    }
    size_t n = 0;
    char quote = 0;
    for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
      if (*text == quote)
        quote = 0;
      else if (!quote && (*text == '"' || *text == '\''))
        quote = *text;
      else if (*text == '\\' && text[1] && quote != '\'')
        word[n++] = *++text;
      else
        word[n++] = *text;
    }
    word[n] = 0;
    add(out, word);
  }
  free(word);
}

static char *read_file(const char *path) {
  FILE *f = fopen(path, "r");
  if (!f)
    return NULL;
  char *text = NULL;
  size_t room = 0;
  ssize_t n = getdelim(&text, &room, 0, f);
  fclose(f);
  if (n < 0) {
    free(text);
    text = need(strdup(""));
  }
  return text;
}

static bool has_own_options(const struct args *a, size_t from) {
  for (size_t i = from; i < a->n; i++)
    if (starts(a->v[i], "--kcov8-"))
      return true;
  return false;
}

/*
 * Every word of the command line into @seen, to learn what is asked for; what
 * clang gets into @pass: a response file stays one unless it holds options of
 * ours, which clang must not see.
 */
static void expand(struct args *seen, struct args *pass, const char *word,
                   int depth) {
  char *text = word[0] == '@' && depth < 8 ? read_file(word + 1) : NULL;
  if (!text) {
    add(seen, word);
    add(pass, word);
    return;
  }
  struct args words = {0}, inner = {0};
  add_words(&words, text);
  free(text);
  size_t first = seen->n;
  for (size_t i = 0; i < words.n; i++)
    expand(seen, &inner, words.v[i], depth + 1);
  if (!has_own_options(seen, first)) {
    add(pass, word);
    return;
  }
  for (size_t i = 0; i < inner.n; i++)
    add(pass, inner.v[i]);
}

/* ---- What is asked for ------------------------------------------------------
 */

struct request {
  bool compiles;  /* some input becomes code by way of LLVM's optimiser */
  bool links;     /* a link follows */
  bool program;   /* ... that makes a program that gets the runtime */
  bool gold;      /* ... by gold, which has no -z start-stop-gc */
  bool any_input; /* else: --version, -print-..., nothing to add */
  const char *output;
};

static bool has_suffix(const char *file, const char *const *suffixes) {
  const char *dot = strrchr(file, '.');
  return dot && !strchr(dot, '/') && among(dot + 1, suffixes);
}

static bool is_source(const char *language, const char *file) {
  static const char *const languages[] = {"c",
                                          "c++",
                                          "cpp-output",
                                          "c++-cpp-output",
                                          "ir",
                                          "objective-c",
                                          "objective-c++",
                                          "objective-c-cpp-output",
                                          "objective-c++-cpp-output",
                                          NULL};
  static const char *const suffixes[] = {
      "c",  "i", "cc", "cp", "cpp", "cxx", "c++", "C",  "CC", "CPP",
      "ii", "m", "mm", "mi", "mii", "M",   "bc",  "ll", NULL};
  if (language && strcmp(language, "none") != 0)
    return among(language, languages);
  return has_suffix(file, suffixes);
}

/* Compiled to a precompiled header: no code, no link. */
static bool is_header(const char *language, const char *file) {
  static const char *const languages[] = {"c-header", "c++-header",
                                          "objective-c-header",
                                          "objective-c++-header", NULL};
  static const char *const suffixes[] = {"h",   "hh",  "hp", "hpp", "hxx",
                                         "h++", "tcc", "H",  NULL};
  if (language && strcmp(language, "none") != 0)
    return among(language, languages);
  return has_suffix(file, suffixes);
}

static struct request understand(const struct args *a) {
  /* Options of clang's driver whose value is a word of its own. */
  static const char *const with_value[] = {"-o",
                                           "-x",
                                           "-I",
                                           "-L",
                                           "-D",
                                           "-U",
                                           "-F",
                                           "-include",
                                           "-imacros",
                                           "-isystem",
                                           "-iquote",
                                           "-idirafter",
                                           "-iprefix",
                                           "-iwithprefix",
                                           "-isysroot",
                                           "--sysroot",
                                           "-MF",
                                           "-MT",
                                           "-MQ",
                                           "-MJ",
                                           "-Xclang",
                                           "-Xlinker",
                                           "-Xassembler",
                                           "-Xpreprocessor",
                                           "-mllvm",
                                           "-target",
                                           "-arch",
                                           "-T",
                                           "-u",
                                           "-z",
                                           "-e",
                                           "-include-pch",
                                           "-framework",
                                           "-l",
                                           "--param",
                                           "-b",
                                           "-B",
                                           "-dumpdir",
                                           "-working-directory",
                                           "-ivfsoverlay",
                                           NULL};
  static const char *const no_code[] = {
      "-E", "-M", "-MM", "-fsyntax-only", "--analyze", "--precompile", NULL};
  static const char *const no_link[] = {"-c", "-S", "-emit-llvm-bc", "-###",
                                        NULL};
  static const char *const no_runtime[] = {
      "-r",     "-shared",     "-nostdlib",          "-nodefaultlibs",
      "-Wl,-r", "-Wl,-shared", "--kcov8-no-runtime", NULL};
  struct request r = {.links = true, .program = true, .output = "a.out"};
  const char *language = NULL;
  for (size_t i = 1; i < a->n; i++) {
    const char *s = a->v[i];
    if (s[0] != '-' || strcmp(s, "-") == 0) {
      r.any_input = true;
      r.compiles |= is_source(language, s);
      r.links &= !is_header(language, s);
      continue;
    }
    if (among(s, no_code))
      r.links = false, language = "nothing";
    else if (among(s, no_link))
      r.links = false;
    else if (among(s, no_runtime))
      r.program = false;
    else if (strcmp(s, "-fuse-ld=gold") == 0)
      r.gold = true;
    else if (starts(s, "-l"))
      r.any_input = true;
    else if (starts(s, "-x") && s[2])
      language = s + 2;
    else if (starts(s, "-o") && s[2])
      r.output = s + 2;
    if (among(s, with_value) && i + 1 < a->n) {
      const char *value = a->v[++i];
      if (strcmp(s, "-x") == 0)
        language = value;
      else if (strcmp(s, "-o") == 0)
        r.output = value;
    }
  }
  /* -E and its like may stand behind the inputs. */
  for (size_t i = 1; i < a->n; i++)
    if (among(a->v[i], no_code))
      r.compiles = r.links = false;
  r.links &= r.any_input;
  r.program &= r.links;
  return r;
}

/* ---- Running ----------------------------------------------------------------
 */

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

static const char help[] =
    "usage: kcov8-clang [--kcov8-OPTION[=VALUE]...] CLANG-ARGUMENTS...\n"
    "       kcov8-clang++ likewise, for C++\n"
    "\n"
    "Compiles with kcov8's coverage pass and links kcov8's runtime into\n"
    "programs. Use it as CC and CXX. Options (docs/options.md):\n"
    "\n"
    "  --kcov8-allowlist=FILE    instrument only what FILE names\n"
    "  --kcov8-ignorelist=FILE   do not instrument what FILE names\n"
    "  --kcov8-filter=RULES      the same inline: src:GLOB,fun:GLOB,!src:GLOB\n"
    "  --kcov8-probe=KIND        counter (default), flag, wrapping\n"
    "  --kcov8-level=LEVEL       func, bb (default), edge\n"
    "  --kcov8-place=PLACE       late (default), early\n"
    "  --kcov8-layout=LAYOUT     of counters: spread (default), group, order\n"
    "  --kcov8-trace-cmp         record comparisons, too (KCOV_TRACE_CMP)\n"
    "  --kcov8-prefix-map=O=N    replace a prefix of source paths\n"
    "  --kcov8-unit=NAME         for a source that is compiled twice\n"
    "  --kcov8-summary           probes mark what a flush has to look at\n"
    "  --kcov8-attribution=WHOSE counters: process (default), task\n"
    "  --kcov8-delta=WHERE       for task: gs, thread, global, percpu\n"
    "  --kcov8-near              for gs: counters near code in any code model\n"
    "  --kcov8-trace-order       PCs in the order in which blocks first ran\n"
    "  --kcov8-prune             no probe where others' probes tell the same\n"
    "  --kcov8-flush-in=FUNCTION for prune: flushes are in FUNCTION alone\n"
    "  --kcov8-no-ctor           the host registers the image itself\n"
    "  --kcov8-no-runtime        do not link the runtime\n"
    "  --kcov8-remarks           say of each function what was done and why\n"
    "  --kcov8-show              print the clang command, run nothing\n"
    "\n"
    "Environment: KCOV8_OPTIONS (options separated by blanks), KCOV8_CLANG "
    "(the\n"
    "clang to run). Everything else is clang's: see `clang --help`.\n";

int main(int argc, char **argv) {
  self = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  size_t name = strlen(self);
  bool cxx = name >= 2 && strcmp(self + name - 2, "++") == 0;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    fputs(help, stdout);
    return fflush(stdout) ? 1 : 0;
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
