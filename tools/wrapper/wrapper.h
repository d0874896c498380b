/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wrapper.h - the parts of kcov8-clang
 */
#ifndef KCOV8_WRAPPER_H
#define KCOV8_WRAPPER_H

#include <stdbool.h>
#include <stddef.h>

extern const char *self; /* as called, for messages */

/* Ends the program: 2. */
void die(const char *what, const char *why) __attribute__((noreturn));

/* p, or the end for want of memory. */
void *need(void *p);

/* A command line; v[n] is NULL. Never freed: the program ends, or becomes
 * clang.
 */
struct args {
  char **v;
  size_t n, room;
};

/* Appends a copy of text. */
void add(struct args *a, const char *text);
void addf(struct args *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool starts(const char *s, const char *prefix);
bool among(const char *s, const char *const *list); /* ends with NULL */

/*
 * Every word of the command line into @seen, to learn what is asked for; what
 * clang gets into @pass: a response file stays one unless it holds options of
 * ours, which clang must not see. @depth: 0; of files in files.
 */
void expand(struct args *seen, struct args *pass, const char *word, int depth);

struct request {
  bool compiles;  /* some input becomes code by way of LLVM's optimiser */
  bool links;     /* a link follows */
  bool program;   /* ... that makes a program that gets the runtime */
  bool gold;      /* ... by gold, which has no -z start-stop-gc */
  bool any_input; /* else: --version, -print-..., nothing to add */
  const char *output;
};

struct request understand(const struct args *a);

#endif /* KCOV8_WRAPPER_H */
