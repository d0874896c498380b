// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <stddef.h>

size_t count_words(const char *text, size_t size);

size_t count_words(const char *text, size_t size) {
  size_t words = 0;
  for (size_t i = 0; i < size; i++)
    if (text[i] > ' ' && (i == 0 || text[i - 1] <= ' '))
      words++;
  return words;
}
