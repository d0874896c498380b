// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of functions and variables that stay the same from build to build.
#ifndef KCOV8_PASS_PLAN_NAMES_H
#define KCOV8_PASS_PLAN_NAMES_H

#include "llvm/IR/Function.h"
#include <string>

namespace kcov8 {

// Linkage name without \1, .llvm.N (ThinLTO) and .__uniq.N.
std::string linkageName(const llvm::GlobalValue &V);

// What rustc mangled, as the source has it, without hashes; empty for any other
// name.
std::string demangledRust(const std::string &Name);

// The linkage name; a name that rustc mangled is the source's, without hashes.
// (No function of C or C++ has such a name.)
std::string stableName(const llvm::GlobalValue &V);

// Static locals are numbered: f.x, f.x.12.
llvm::StringRef withoutNumber(llvm::StringRef Name);

// What tells F from all other functions of its source. Legacy names of Rust
// have generic arguments in their hash alone: debug info spells them out.
std::string functionName(const llvm::Function &F);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_NAMES_H
