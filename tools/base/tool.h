/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * tool.h - what every file of the tool shares: exit codes, messages, memory
 */
#ifndef KCOV8_TOOL_H
#define KCOV8_TOOL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* "kcov8: WHAT: reason" on stderr; @what may be NULL. fail() returns false. */
void warn(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool fail(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);
void vwarn(const char *what, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Never NULL, also for 0 bytes: the process ends when memory runs out. */
#define NEVER_NULL __attribute__((returns_nonnull))
void *xcalloc(size_t n, size_t size) NEVER_NULL;
void *xrealloc(void *old, size_t n, size_t size) NEVER_NULL;
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * vec_push() - room for one more element at the end of a growing array
 * Return: the (moved) array; its capacity doubles whenever *@n reaches it.
 */
void *vec_push(void *v, size_t *n, size_t *cap, size_t size) NEVER_NULL;

/* file_name() - the last part of @path, which points into it */
const char *file_name(const char *path);

uint64_t add_saturating(uint64_t a, uint64_t b);

#endif /* KCOV8_TOOL_H */
