// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function's blocks as windows see them: any way from a start to an end. A
// start is the entry, and a block behind one that is not transparent; an end is
// where control leaves, a block that is not transparent (a window may have the
// first part of it only), and the header of a loop that need not end.
#ifndef KCOV8_PASS_PRUNE_WINDOWS_H
#define KCOV8_PASS_PRUNE_WINDOWS_H

#include "plan/FlushReach.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Dominators.h"
#include <vector>

namespace kcov8 {

class Windows {
public:
  Windows(llvm::Function &F, const llvm::DominatorTree &Dom,
          const llvm::LoopInfo &Loops, const FlushReach &Reach,
          llvm::function_ref<bool(const llvm::BasicBlock *)> IsTransparent);

  // Those of B's predecessors of which at least one is in a window if and only
  // if B is. Empty: there are none such.
  llvm::SetVector<llvm::BasicBlock *> before(llvm::BasicBlock *B) const;

  // Likewise of its successors.
  llvm::SetVector<llvm::BasicBlock *> after(llvm::BasicBlock *B) const;

private:
  // By blocks' numbers. Backward: what is said here of the way to a block, for
  // the way from it: ends are starts, successors predecessors.
  struct Direction {
    std::vector<bool> Starts;
    std::vector<llvm::SmallVector<unsigned, 2>> Next;
  };

  std::vector<bool> reached(unsigned Without, const Direction &Along) const;
  llvm::SetVector<llvm::BasicBlock *> around(llvm::BasicBlock *B,
                                             const Direction &Here,
                                             const Direction &There) const;

  llvm::DenseMap<const llvm::BasicBlock *, unsigned> Number;
  std::vector<llvm::BasicBlock *> Blocks;
  Direction Forward, Backward;
};

} // namespace kcov8

#endif // KCOV8_PASS_PRUNE_WINDOWS_H
