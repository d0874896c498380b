// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a host asks a pass plugin for; only kcov8-pass.so has it.
#define LLVM_DISABLE_ABI_BREAKING_CHECKS_ENFORCING 1 // a reference to LLVM
#include "LLVMCompat.h"
#include "Loader.h"
#include <dlfcn.h>

extern "C" __attribute__((visibility("default"))) llvm::PassPluginLibraryInfo
llvmGetPassPluginInfo() {
  using Getter = llvm::PassPluginLibraryInfo (*)();
  void *Symbol = dlsym(kcov8::Plugin, "llvmGetPassPluginInfo");
  return reinterpret_cast<Getter>(Symbol)();
}
