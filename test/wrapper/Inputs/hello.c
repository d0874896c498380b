#include <stdio.h>
int half(int x);
int main(int argc, char **argv) {
  (void)argv;
  if (argc > 5)
    puts("never");
  printf("%d\n", half(argc + 3));
  return 0;
}
