// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules that rustc made. A crate is compiled as several of them, cut anew
// for each build: so what clang takes from the module comes from debug info
// here.
#ifndef KCOV8_PASS_PLAN_RUST_H
#define KCOV8_PASS_PLAN_RUST_H

#include "Paths.h"
#include "llvm/IR/Module.h"
#include <string>

namespace kcov8 {

bool isRust(const llvm::Module &M);

// The crate's root file, normalised; without debug info the crate's name, as
// far as the module tells it.
std::string crateSource(const llvm::Module &M, const Paths &P);

// The file in which F was written, normalised; Crate if debug info has none.
std::string functionSource(const llvm::Function &F, const Paths &P,
                           llvm::StringRef Crate);

// Is F in no source? The entry point around main, the allocator's shims.
bool isMadeByRustc(const llvm::Function &F);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_RUST_H
