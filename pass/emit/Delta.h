// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attribution `task`: counters are reached through the running task's delta.
#ifndef KCOV8_PASS_EMIT_DELTA_H
#define KCOV8_PASS_EMIT_DELTA_H

#include "plan/Blocks.h"
#include "plan/FlushReach.h"
#include <vector>

namespace kcov8 {

// What a block's probe does about the delta.
enum class DeltaUse {
  None,    // no probe
  Load,    // read the variable
  Inherit, // what the blocks before it hold is still good
};

// The delta changes in calls only: at ENABLE and DISABLE, and where a host
// switches tasks. So it is loaded again after each call that could.
std::vector<DeltaUse> planDeltas(const std::vector<ChosenBlock> &Blocks,
                                 const std::vector<ImpliedBlock> &Implied,
                                 FlushReach &Reach);

// Loads it; returns the delta of each block with a probe, at its probe point.
std::vector<llvm::Value *> emitDeltas(llvm::Function &F,
                                      const std::vector<ChosenBlock> &Blocks,
                                      const std::vector<DeltaUse> &Uses,
                                      DeltaKind Kind);

// A variable that the runtime sets for each thread, or for all. One per linked
// image: its arrays are at distances of their own.
llvm::GlobalVariable *taskVariable(llvm::Module &M, llvm::StringRef Name,
                                   llvm::Type *Type, DeltaKind Kind);

// The function that tells the runtime where an image's own variable is.
void emitTaskAccessor(llvm::Module &M, llvm::StringRef Name,
                      llvm::StringRef Variable);

} // namespace kcov8

#endif // KCOV8_PASS_EMIT_DELTA_H
