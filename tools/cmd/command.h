/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* command.h - the commands, and what they share in reading their options */
#ifndef KCOV8_COMMAND_H
#define KCOV8_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "base/tool.h"

/**
 * struct command - one command of kcov8
 * @help: all of `kcov8 help NAME`
 * @run:  @argv[0] is the command's name. Return: exit code.
 */
struct command {
  const char *name;
  const char *help;
  int (*run)(int argc, char **argv);
};

extern const struct command run_command, list_command, symbolize_command,
    pcs_command, report_command, index_command, merge_command, tests_command,
    diff_command, diff_image_command, remap_command, minimize_command,
    stat_command, doctor_command;

/* As warn(), then where to find help. Return: EXIT_USAGE. */
int usage_error(const char *command, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * opt_error() - report what getopt_long() found wrong
 * @opt: its result, '?' or ':' (short options start with ':')
 */
int opt_error(const char *command, int opt, char **argv);

/*
 * parse_word() - which one of @words, which NULL ends, @word is
 * @what: what they are, for the message
 * Return: true; false after a usage error that lists them.
 */
bool parse_word(const char *command, const char *what, const char *const *words,
                const char *word, unsigned int *number);

/* Likewise, for formats. */
bool parse_format(const char *command, const char *const *words,
                  const char *word, unsigned int *format);

/* Whether @path is an index, or what waits beside it will be one. */
bool names_index(const char *path);

/* write_name() - @s, in which control characters become `?' */
void write_name(FILE *f, const char *s);

/* print_text() - @text to stdout. Return: exit code. */
int print_text(const char *text);

#endif /* KCOV8_COMMAND_H */
