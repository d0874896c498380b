/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* doctor.h - the parts of `kcov8 doctor`: what it finds, and what it tries */
#ifndef KCOV8_DOCTOR_H
#define KCOV8_DOCTOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/tool.h"

/* A note is no failure: an LLVM without plugins, a variable that is set. */
enum state { FINE, NOTE, BAD };

/**
 * struct finding - a line of what the doctor says
 * @text:  what is there, or what is wrong
 * @mend:  the command, or the words, that mend it; NULL: nothing to mend
 * @clang: for an LLVM, its clang
 */
struct finding {
  enum state state;
  char *name, *text, *mend, *clang;
};

/**
 * struct doctor - one examination
 * @prefix:   the tree of this program
 * @debian:   packages have Debian's names
 * @packaged: kcov8 itself is a package
 * @scratch:  a directory for probes; "" if there can be none
 * @working:  LLVMs that work
 */
struct doctor {
  char prefix[PATH_MAX];
  bool debian, packaged;
  char scratch[PATH_MAX];
  struct finding *findings;
  size_t n, cap;
  unsigned working;
};

/* A new finding, and what is found; what was said before is forgotten. */
struct finding *find(struct doctor *d, const char *name);
void say(struct finding *f, enum state state, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* What mends it: a package of kcov8's own, or @other if it did not come as one;
 * what Debian has, or elsewhere by its role. */
char *mend_part(const struct doctor *d, const char *package, const char *other);
char *mend_role(const struct doctor *d, const char *package, const char *role);

/* Frees all findings. */
void doctor_forget(struct doctor *d);

/*
 * doctor_run() - a program, and what it prints on both its outputs
 * @variable: NAME=VALUE for it, or NULL
 * Return: its exit status; 127 if it cannot be run, 128 and more for a signal.
 */
int doctor_run(char *const argv[], const char *variable, char **text);

/* The directory: made, tried, taken away. */
void doctor_scratch(struct doctor *d);
void doctor_clean(struct doctor *d);

/* doctor_probe() - compile, run and report with the clang of @f; fills it in */
void doctor_probe(struct doctor *d, struct finding *f);

#endif /* KCOV8_DOCTOR_H */
