#include "parse.h"
#include <stdio.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    printf("%d\n", parse(argv[i]));
  return 0;
}
