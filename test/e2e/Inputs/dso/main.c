#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  int total = 0;
  for (int i = 1; i < argc; i++) {
    void *lib = dlopen(argv[i], RTLD_NOW);
    if (!lib) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    int (*value)(int) = (int (*)(int))dlsym(lib, "lib_value");
    total += value(i);
    dlclose(lib);
  }
  printf("%d\n", total);
  return 0;
}
