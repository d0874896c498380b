// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys of the blocks that the frontend made, before the optimiser: they depend
// on the source alone. docs/ids.md has the algorithm.
#ifndef KCOV8_PASS_PLAN_SOURCEKEYS_H
#define KCOV8_PASS_PLAN_SOURCEKEYS_H

#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/Function.h"
#include <cstdint>

namespace kcov8 {

// Of each block that the entry reaches, distinct within the function.
llvm::DenseMap<const llvm::BasicBlock *, uint64_t>
sourceKeys(llvm::Function &F);

// What the ways into B depend on, and what it means to come from B.
uint64_t edgesOf(const llvm::BasicBlock &B);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_SOURCEKEYS_H
