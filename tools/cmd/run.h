/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* run.h - run a command and take what its processes reached */
#ifndef KCOV8_RUN_H
#define KCOV8_RUN_H

#include <stdbool.h>

/**
 * struct run_request - what is asked of `kcov8 run`
 * @name:   of the test; NULL: the command line
 * @index:  NULL: none
 * @output: of a dump of all processes; NULL: none
 * @argv:   the command
 */
struct run_request {
  const char *name, *index, *output;
  bool quiet;
  char **argv;
};

/* Exit status of failures of our own; 126 and 127 are those of a shell. */
enum { EXIT_RUN_FAILED = 125 };

/*
 * run_request() - do it. Does not return if the command ended by a signal: then
 * this process does, too.
 * Return: the command's exit status.
 */
int run_request(const struct run_request *q);

#endif /* KCOV8_RUN_H */
