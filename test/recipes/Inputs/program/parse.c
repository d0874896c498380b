#include "parse.h"

int parse(const char *text) {
  int n = 0;
  if (*text == '-')
    return -parse(text + 1);
  for (; *text; text++)
    n = 10 * n + *text - '0';
  return n;
}
