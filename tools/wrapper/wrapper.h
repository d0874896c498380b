/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wrapper.h - the parts of kcov8-clang
 */
#ifndef KCOV8_WRAPPER_H
#define KCOV8_WRAPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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
 * ours, which clang must not see.
 */
void expand(struct args *seen, struct args *pass, const char *word);

/* What is too long for a command line, as a response file. */
struct args shorten(const struct args *a);

/* What is left of f, as text. */
char *read_all(FILE *f);

/* Runs a program with these for its output and messages; its exit status. */
int run(char *const argv[], int out, int err);

struct request {
  bool compiles;     /* some input becomes code by way of LLVM's optimiser */
  bool by_way_of_ir; /* ... in another step than the frontend */
  bool includes;     /* some input is preprocessed, as C or its like */
  bool links;
  bool program; /* the link makes a program */
  bool defs;    /* ... a library that must have no undefined symbols */
  const char *preprocessed; /* the input, if that is all that is done */
  const char *linker, *output;
  unsigned llvm; /* major of the clang that was asked; 0: it is no clang */
};

/* False: clang does not know what to do, and will say so. */
bool understand(struct request *r, const struct args *command);

/* The clang to run: the one given, that of KCOV8_CLANG, or the newest one. */
char *choose_clang(const char *given);

struct plugins {
  char *pass, *options;
};

/* Of the LLVM that @clang says it is. */
void find_plugins(struct plugins *p, const char *clang, unsigned major);

/* PREFIX/@relative, whether it is there or not; a library, which must be. */
char *part(const char *relative);
char *find_library(const char *relative);

/* After a compilation that failed: could @clang load the plugins at all? */
void explain_failure(const char *clang, const struct plugins *p);

/* Are we the compiler that ccache runs? */
bool under_ccache(void);

/* Replaces the absolute @input in @a by its path from here. */
void make_relative(struct args *a, const char *input);

#endif /* KCOV8_WRAPPER_H */
