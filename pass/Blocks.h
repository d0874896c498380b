// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Part one of three: which functions and blocks get a probe.
// (Part two names them: Ids.h; part three emits the probes: Probes.h.)
#ifndef KCOV8_PASS_BLOCKS_H
#define KCOV8_PASS_BLOCKS_H

#include "Options.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Module.h"
#include <vector>

namespace kcov8 {

struct ChosenBlock {
  llvm::BasicBlock *Block;
  bool Edge; // made by splitting a critical edge
};

class BlockChooser {
public:
  BlockChooser(llvm::Module &M, const Options &O);

  // nullptr: may be instrumented. Otherwise why this function must not be
  // touched, whatever the filter says.
  const char *refuses(const llvm::Function &F) const;

  // In the function's block order, entry first. Level edge splits F's critical
  // edges first. Empty: nothing in F ever runs.
  std::vector<ChosenBlock> choose(llvm::Function &F) const;

private:
  const Options &O;
  llvm::SmallPtrSet<const llvm::Function *, 4> Resolvers;
};

// Nothing but bookkeeping in front of `unreachable`: such a block is where
// the optimiser proved that control never comes, or a switch's impossible
// default. A call in front (abort) makes it a real block.
bool neverRuns(const llvm::BasicBlock &B);

// Probes go here: after the pad, after the entry's static allocas.
// end() if the block can hold none (catchswitch).
llvm::BasicBlock::iterator probePoint(llvm::BasicBlock &B);

} // namespace kcov8

#endif // KCOV8_PASS_BLOCKS_H
