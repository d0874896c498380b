/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * tool.h - what every file of the tool shares: exit codes, messages, memory
 */
#ifndef KCOV8_TOOL_H
#define KCOV8_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* "kcov8: WHAT: reason" on stderr; @what may be NULL. fail() returns false. */
void warn(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool fail(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* As warn(), then where to find help. Return: EXIT_USAGE. */
int usage_error(const char *command, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Never NULL, also for 0 bytes: the process ends when memory runs out. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t n, size_t size);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * vec_push() - room for one more element at the end of a growing array
 * Return: the (moved) array; its capacity doubles whenever *@n reaches it.
 */
void *vec_push(void *v, size_t *n, size_t *cap, size_t size);

uint64_t add_saturating(uint64_t a, uint64_t b);

/*
 * opt_error() - report what getopt_long() found wrong
 * @opt: its result, '?' or ':' (short options start with ':')
 */
int opt_error(const char *command, int opt, char **argv);

/* ---- Commands ------------------------------------------------------------ */

int cmd_list(int argc, char **argv);
int cmd_symbolize(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_stat(int argc, char **argv);

/* print_help() - help of one command to stdout. Return: exit code. */
int print_help(const char *command);

#endif /* KCOV8_TOOL_H */
