/* A small calculator; each test of the suite reaches another part. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(int a, int b) { return a + b; }
static int multiply(int a, int b) {
  if (a == 0 || b == 0)
    return 0;
  return a * b;
}
static int divide(int a, int b) {
  if (b == 0) {
    fputs("division by zero\n", stderr);
    exit(3);
  }
  return a / b;
}

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  int a = atoi(argv[2]), b = atoi(argv[3]);
  if (strcmp(argv[1], "add") == 0)
    printf("%d\n", add(a, b));
  else if (strcmp(argv[1], "multiply") == 0)
    printf("%d\n", multiply(a, b));
  else if (strcmp(argv[1], "divide") == 0)
    printf("%d\n", divide(a, b));
  else
    return 2;
  return 0;
}
