// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * words.c - counts words and lines of a file
 */
#include <ctype.h>
#include <stdio.h>

int main(int argc, char **argv) {
  long words = 0, lines = 0;
  int c, in = 0;
  FILE *file = argc > 1 ? fopen(argv[1], "r") : stdin;
  if (!file)
    return 1;
  while ((c = getc(file)) != EOF) {
    if (c == '\n')
      lines++;
    if (isspace(c))
      in = 0;
    else if (!in)
      in = 1, words++;
  }
  printf("%ld words, %ld lines\n", words, lines);
  return 0;
}
