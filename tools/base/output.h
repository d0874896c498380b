/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * output.h - where results go: stdout, or a file that appears only when done
 */
#ifndef KCOV8_OUTPUT_H
#define KCOV8_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct output - a result being written
 * @f:      stream to write to
 * @name:   for messages
 * @target: file that @f is to become; NULL if it is that already, or stdout
 * @temporary: its name till then; NULL if it has none
 */
struct output {
  FILE *f;
  const char *name;
  char *target, *temporary;
};

/*
 * output_open() - @path NULL or "-" is stdout
 * Return: true; false after a message.
 */
bool output_open(struct output *out, const char *path);

/*
 * output_close() - make the result visible, if @ok, or forget it
 * Return: true if every byte has been written; false after a message, or if
 * !@ok.
 */
bool output_close(struct output *out, bool ok);

/* Whether people watch: a terminal that shows colour, and NO_COLOR unset. */
bool output_wants_color(const struct output *out);

#endif /* KCOV8_OUTPUT_H */
