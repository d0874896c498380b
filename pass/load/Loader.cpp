// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Loader.h"
#include "digest.h" // written by the build
#include "kcov8/kcov8.h"
#include "llvm/Config/llvm-config.h"
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

void *kcov8::Plugin;

namespace {

__attribute__((used)) const char Digest[] = KCOV8_PLUGIN_DIGEST;
// Looked for by kcov8-clang and `kcov8 doctor`.
__attribute__((used)) const char Version[] = KCOV8_VERSION_TAG KCOV8_VERSION;

// The major of the LLVM to whose symbols ours would be bound: the first in the
// process's global scope. 0: it has none, or one that does not tell.
unsigned hostMajor() {
  using GetVersion = void (*)(unsigned *, unsigned *, unsigned *);
  unsigned Major = 0;
  if (void *Symbol = dlsym(RTLD_DEFAULT, "LLVMGetVersion")) { // since LLVM 16
    reinterpret_cast<GetVersion>(Symbol)(&Major, nullptr, nullptr);
    return Major;
  }
  Dl_info Info; // before, the library's name told: libLLVM-14.so.1
  void *Symbol = dlsym(RTLD_DEFAULT, "LLVMContextCreate");
  if (Symbol && dladdr(Symbol, &Info) && Info.dli_fname)
    if (const char *Name = std::strstr(Info.dli_fname, "libLLVM-"))
      Major = std::strtoul(Name + std::strlen("libLLVM-"), nullptr, 10);
  return Major;
}

// Hosts go on without a plugin that does not load, or add sentences of their
// own: so this one ends here.
[[noreturn]] __attribute__((format(printf, 1, 2))) void
refuse(const char *Format, ...) {
  va_list Args;
  va_start(Args, Format);
  std::fputs("error: kcov8: ", stderr);
  std::vfprintf(stderr, Format, Args);
  std::fputc('\n', stderr);
  // What the host does after an error of its own: remove unfinished output.
  if (void *Symbol =
          dlsym(RTLD_DEFAULT, "_ZN4llvm3sys20RunInterruptHandlersEv"))
    reinterpret_cast<void (*)()>(Symbol)();
  _exit(1);
}

__attribute__((constructor)) void load() {
  const unsigned Ours = LLVM_VERSION_MAJOR, Theirs = hostMajor();
  const char *Host = program_invocation_short_name;
  Dl_info Self;
  char Path[PATH_MAX], Proper[2 * PATH_MAX];
  if (!dladdr(Digest, &Self) || !realpath(Self.dli_fname, Path))
    refuse("a plugin does not find its own file");
  if (Theirs && Theirs != Ours)
    refuse("%s is for LLVM %u, and %s has LLVM %u: use the one that was built "
           "for that",
           Path, Ours, Host, Theirs);
  std::snprintf(Proper, sizeof(Proper), "%.*s%s",
                int(std::strrchr(Path, '/') + 1 - Path), Path,
                KCOV8_PLUGIN_NAME);
  // All symbols now, so that one that is missing is named here. Global, since
  // the pass looks for what the options plugin exports.
  kcov8::Plugin = dlopen(Proper, RTLD_NOW | RTLD_GLOBAL);
  if (!kcov8::Plugin && Theirs)
    refuse("%s does not load into the LLVM %u of %s: %s", Path, Ours, Host,
           dlerror());
  if (!kcov8::Plugin)
    refuse("%s is for LLVM %u, and %s has none, or one that does not tell its "
           "version: %s",
           Path, Ours, Host, dlerror());
}

} // namespace
