// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which functions and blocks are instrumented.
#ifndef KCOV8_PASS_PLAN_BLOCKS_H
#define KCOV8_PASS_PLAN_BLOCKS_H

#include "Options.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Module.h"
#include <cstdint>
#include <vector>

namespace kcov8 {

struct ChosenBlock {
  llvm::BasicBlock *Block;
  bool Edge; // made by splitting a critical edge
};

// Option prune: a block without a probe. It runs in a window if and only if one
// of its witnesses does; its count is the sum of theirs (except for
// probe=flag).
struct ImpliedBlock {
  uint32_t Block;                  // index into the chosen blocks
  std::vector<uint32_t> Witnesses; // blocks with probes; never empty
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
  void findCalledEarly(llvm::Module &M);

  const Options &O;
  llvm::SmallPtrSet<const llvm::Function *, 4> Resolvers, CalledEarly;
};

// Nothing but bookkeeping in front of `unreachable`: such a block is where
// the optimiser proved that control never comes, or a switch's impossible
// default. A call in front (abort) makes it a real block.
bool neverRuns(const llvm::BasicBlock &B);

// Probes go here: after the pad, after the entry's static allocas.
// end() if the block can hold none (catchswitch).
llvm::BasicBlock::iterator probePoint(llvm::BasicBlock &B);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_BLOCKS_H
