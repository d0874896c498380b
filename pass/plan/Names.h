// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of functions and variables that stay the same from build to build.
#ifndef KCOV8_PASS_PLAN_NAMES_H
#define KCOV8_PASS_PLAN_NAMES_H

#include "llvm/IR/GlobalValue.h"
#include <string>

namespace kcov8 {

// Linkage name without \1, .llvm.N (ThinLTO) and .__uniq.N.
std::string stableName(const llvm::GlobalValue &V);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_NAMES_H
