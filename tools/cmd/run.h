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
 * @suite:  runs and lit tests within are tests of their own. They leave it to
 * us to gather; what no test of theirs has is a test only if there is any
 * @argv:   the command
 */
struct run_request {
  const char *name, *index, *output;
  bool quiet, suite;
  char **argv;
};

/* absolute_path() - the command may change directories. NULL after a message.
 */
char *absolute_path(const char *path);

/* Exit status of failures of our own; 126 and 127 are those of a shell. */
enum { EXIT_RUN_FAILED = 125 };

/*
 * run_request() - do it. Does not return if the command ended by a signal: then
 * this process does, too.
 * Return: the command's exit status.
 */
int run_request(const struct run_request *q);

#endif /* KCOV8_RUN_H */
