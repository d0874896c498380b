// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a window can begin or end in the middle of a block.
#ifndef KCOV8_PASS_PLAN_FLUSHREACH_H
#define KCOV8_PASS_PLAN_FLUSHREACH_H

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Module.h"
#include <set>
#include <string>

namespace kcov8 {

// Whether control can leave, or a flush happen, in the middle of something.
// Plain accesses cannot: that they trap is undefined, and compilers move them
// across probes anyway. Functions of the module are looked into. Good until the
// first probe is there.
class FlushReach {
public:
  // Nothing is known of other modules.
  FlushReach() = default;

  // Option `flush-in`, unless Names is empty: flushes are in those functions
  // only, all other calls return. A call that does not, and a loop without end,
  // end no window.
  FlushReach(const llvm::Module &M, const std::set<std::string> &Names);

  // Before the optimiser, which may inline named functions: marks the calls in
  // which their flushes can be, so that those are known wherever they end up.
  static void mark(llvm::Module &M, const std::set<std::string> &Names);
  // Takes the marks off again.
  static void unmark(llvm::Module &M);

  // For a function that other objects have, too: any call may be one, whatever
  // this module knows of the callee. Then all copies come to the same.
  static FlushReach ofCopies() {
    FlushReach R;
    R.AnyCall = true;
    return R;
  }

  bool isOpaque(const llvm::Instruction &I);
  bool isOpaque(const llvm::Function &F);

  // Does control come out of L, as far as a window could tell?
  bool ends(const llvm::Loop &L) const;

private:
  bool OnlyNamed = false, AnyCall = false;
  // If OnlyNamed: named, or with a marked call, and their callers.
  llvm::SmallPtrSet<const llvm::Function *, 8> Flushing;
  llvm::DenseMap<const llvm::Function *, bool> Known;
};

bool isIrreducible(const llvm::Function &F, const llvm::LoopInfo &Loops);

} // namespace kcov8

#endif // KCOV8_PASS_PLAN_FLUSHREACH_H
