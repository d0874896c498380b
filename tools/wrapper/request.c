/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * request.c - what a command line asks of clang, as far as the wrapper must
 * know
 */
#include "wrapper.h"

#include <string.h>

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

struct request understand(const struct args *a) {
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
