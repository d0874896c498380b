// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* command.c - option errors and formats, the same for every command */
#include "cmd/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/output.h"
#include "index/index.h"

int usage_error(const char *command, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vwarn(command, fmt, ap);
  va_end(ap);
  if (command)
    fprintf(stderr, "Try 'kcov8 help %s'.\n", command);
  else
    fputs("Try 'kcov8 --help'.\n", stderr);
  return EXIT_USAGE;
}

int opt_error(const char *command, int opt, char **argv) {
  const char *arg = argv[optind - 1];
  if (optopt && strncmp(arg, "--", 2) != 0)
    return usage_error(command,
                       opt == ':' ? "option '-%c' needs an argument"
                                  : "unknown option '-%c'",
                       optopt);
  if (opt == ':')
    return usage_error(command, "option '%s' needs an argument", arg);
  if (optopt)
    return usage_error(command, "option '%s' takes no argument", arg);
  return usage_error(command, "unknown or ambiguous option '%s'", arg);
}

bool parse_word(const char *command, const char *what, const char *const *words,
                const char *word, unsigned int *number) {
  for (*number = 0; words[*number]; ++*number)
    if (strcmp(word, words[*number]) == 0)
      return true;
  char *all = xstrndup("", 0);
  for (unsigned int i = 0; words[i]; i++) {
    const char *separator = i == 0 ? "" : words[i + 1] ? ", " : " or ";
    char *more = xasprintf("%s%s%s", all, separator, words[i]);
    free(all);
    all = more;
  }
  usage_error(command, "unknown %s '%s': %s", what, word, all);
  free(all);
  return false;
}

bool parse_format(const char *command, const char *const *words,
                  const char *word, unsigned int *format) {
  return parse_word(command, "format", words, word, format);
}

void write_name(FILE *f, const char *s) {
  for (; *s; s++)
    fputc((unsigned char)*s < ' ' ? '?' : *s, f);
}

bool names_index(const char *path) {
  struct stat st;
  char *waiting = xasprintf("%s.new", path);
  bool yes = index_detect(path) ||
             ((stat(path, &st) != 0 || !st.st_size) && stat(waiting, &st) == 0);
  free(waiting);
  return yes;
}

int print_text(const char *text) {
  struct output out;
  output_open(&out, NULL);
  fputs(text, out.f);
  return output_close(&out, true) ? EXIT_DONE : EXIT_FAILED;
}
