#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) int sign(int n) {
  if (n < 0)
    return -1;
  if (n > 0)
    return 1;
  return 0;
}

__attribute__((noinline)) void loop(int n) {
  for (int i = 0; i < n; i++)
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void in_child(void) { puts("child"); }

#ifndef __STATIC__
static void library(const char *path) {
  void *at = dlopen(path, RTLD_NOW);
  int (*twice)(int) = at ? (int (*)(int))dlsym(at, "twice") : NULL;
  if (!twice) {
    fputs(dlerror(), stderr);
    exit(1);
  }
  printf("%d\n", twice(2));
  dlclose(at);
}
#endif

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "fork") == 0) {
      fflush(stdout);
      if (fork() == 0) {
        in_child();
        return 0;
      }
      wait(NULL);
    } else if (strncmp(argv[i], "loop", 4) == 0) {
      loop(atoi(argv[i] + 4));
#ifndef __STATIC__
    } else if (strchr(argv[i], '/')) {
      library(argv[i]);
#endif
    } else {
      printf("%d\n", sign(atoi(argv[i])));
    }
  }
  return 0;
}
