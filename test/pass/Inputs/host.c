/* A host of plugins: without LLVM, or, with MAJOR, one that says its version. */
#include <dlfcn.h>
#include <stdio.h>

#ifdef MAJOR
void LLVMGetVersion(unsigned *major, unsigned *minor, unsigned *patch);
void LLVMGetVersion(unsigned *major, unsigned *minor, unsigned *patch) {
  *major = MAJOR;
  if (minor)
    *minor = 1;
  if (patch)
    *patch = 0;
}
#endif

int main(int argc, char **argv) {
  if (argc != 2 || !dlopen(argv[1], RTLD_LAZY | RTLD_GLOBAL))
    puts(dlerror());
  return 0;
}
