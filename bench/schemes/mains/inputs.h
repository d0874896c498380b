// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * inputs.h - the inputs of a corpus: a file that names a file a line
 */
#ifndef INPUTS_H
#define INPUTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
  uint8_t *bytes;
  size_t size;
  char *path;
};

struct inputs {
  struct input *all;
  size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((noreturn)) static inline void inputs_die(const char *what) {
  perror(what);
  exit(1);
}

static inline void *inputs_grown(void *old, size_t bytes) {
  void *new = realloc(old, bytes ? bytes : 1);
  if (!new)
    inputs_die("memory");
  return new;
}

static inline struct input inputs_read_one(const char *path) {
  FILE *in = fopen(path, "rb");
  if (!in || fseek(in, 0, SEEK_END))
    inputs_die(path);
  const long size = ftell(in);
  if (size < 0)
    inputs_die(path);
  struct input input = {inputs_grown(NULL, (size_t)size), (size_t)size,
                        strdup(path)};
  rewind(in);
  if (fread(input.bytes, 1, input.size, in) != input.size)
    inputs_die(path);
  fclose(in);
  return input;
}

static inline struct inputs inputs_read(const char *list) {
  struct inputs inputs = {0};
  char *line = NULL;
  size_t room = 0;
  FILE *in = fopen(list, "r");
  if (!in)
    inputs_die(list);
  while (getline(&line, &room, in) > 0) {
    line[strcspn(line, "\n")] = 0;
    inputs.all =
        inputs_grown(inputs.all, (inputs.count + 1) * sizeof *inputs.all);
    inputs.all[inputs.count++] = inputs_read_one(line);
  }
  free(line);
  fclose(in);
  if (!inputs.count) {
    fprintf(stderr, "%s: no inputs\n", list);
    exit(1);
  }
  return inputs;
}

static inline void inputs_run(const struct input *input) {
  LLVMFuzzerTestOneInput(input->bytes, input->size);
}

#endif
